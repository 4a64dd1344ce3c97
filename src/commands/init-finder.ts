import { complaintAbout } from '../hosts/inventory/formats.ts';
import { sshDestination } from '../hosts/inventory/ssh-formats.ts';
import { printable } from '../report/printable.ts';
import { Failure } from '../run/failure.ts';
import type { Examine } from './init-examine.ts';
import { type Found, foundText, type Role } from './init-found.ts';
import type { Terminal } from './terminal.ts';

/** The roles, in the order in which the hosts are asked for. */
export const ROLES: readonly Role[] = ['relay', 'gateway', 'workstation'];

/** Whether the key of a question is a role. */
export const isRole = (key: string): key is Role => ROLES.some(role => role === key);

/** Examines hosts while the questions are asked. */
export interface Finder {
  /** Starts to examine a host, unless that has begun. Text that is not an ssh destination is ignored. */
  begin(role: Role, ssh: string): void;
  /** What has been found on these hosts. */
  all(): Promise<Found>;
}

/** A Finder that examines each host once, and prints what it has found. */
export function finderFor(examine: Examine, terminal: Terminal): Finder {
  const begunOn = new Map<Role, Promise<Found>>();
  const begun = async (role: Role, ssh: string): Promise<Found> => {
    const say = (text: string) => terminal.err(printable(`mailtun: ${ssh}: ${text}\n`));
    try {
      const found = await examine(ssh);
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
      if (begunOn.has(role) || complaintAbout(sshDestination, ssh) !== null) return;
      const examining = begun(role, ssh);
      // It is awaited before the next question.
      examining.catch(() => {});
      begunOn.set(role, examining);
    },
    all: async () => Object.assign({}, ...(await Promise.all(begunOn.values()))),
  };
}
