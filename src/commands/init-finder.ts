import { complaintAbout } from '../hosts/inventory/formats.ts';
import { sshDestination } from '../hosts/inventory/ssh-formats.ts';
import { printable } from '../report/printable.ts';
import { Failure } from '../run/failure.ts';
import type { Look } from './first-look.ts';
import { type Found, foundText, type Role } from './init-found.ts';
import type { Terminal } from './terminal.ts';

/** In the order in which they are asked for. */
export const ROLES: readonly Role[] = ['relay', 'gateway', 'workstation'];

/** Whether a question's key is that of a host. */
export const isRole = (key: string): key is Role => ROLES.some(role => role === key);

/** Looks at hosts while the questions go on. */
export interface Finder {
  /** Begins to look, unless it has begun already. What is no destination for ssh is passed over. */
  begin(role: Role, ssh: string): void;
  /** What has been found on the hosts that were begun with. Each is printed once. */
  all(): Promise<Found>;
}

/** A Finder that looks at each host once and tells people what it found. */
export function finderFor(look: Look, terminal: Terminal): Finder {
  const looks = new Map<Role, Promise<Found>>();
  const begun = async (role: Role, ssh: string): Promise<Found> => {
    const say = (text: string) => terminal.err(printable(`mailtun: ${ssh}: ${text}\n`));
    try {
      const found = await look(ssh);
      say(foundText(found));
      return { [role]: found };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(`could not be examined: ${error.what}; ${error.remedy}`);
      return {};
    }
  };
  return {
    begin(role, ssh) {
      if (looks.has(role) || complaintAbout(sshDestination, ssh) !== null) return;
      const looking = begun(role, ssh);
      // It is waited for with the next question.
      looking.catch(() => {});
      looks.set(role, looking);
    },
    all: async () => Object.assign({}, ...(await Promise.all(looks.values()))),
  };
}
