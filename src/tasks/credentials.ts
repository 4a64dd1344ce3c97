import { type CredentialsState, credentialsState } from '../facts/credentials-state.ts';
import { type Fleet, type Gateway, gatewaysOf, type Host } from '../hosts/fleet.ts';
import { attributes, file, MARKED, made, sha256 } from '../resources/file.ts';
import { command } from '../run/command.ts';
import { lost } from '../run/lost.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import {
  change,
  HeldBack,
  type Observed,
  type Published,
  type Reason,
  type Resource,
  reason,
  textOf,
  type World,
} from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { DROP, MAKE } from './credentials-scripts.ts';
import { hopsOf, needsTls, type View } from './hops.ts';
import { credentialUser, presentOf } from './neighbours.ts';
import { changed } from './standing.ts';

/** Where smtpd reads the credentials. */
export const SECRETS = '/etc/mail/secrets';

const ATTRIBUTES = { mode: '0640', owner: 'root', group: '_smtpd' } as const;

/** The pseudo host under which the World has the inventory's own parts, such as a password. */
export const INVENTORY = 'inventory';
/** Under this key the inventory's own password is published. */
export const PASSWORD = 'password';

/** Under this key a gateway publishes the bcrypt hash of its password. */
export const HASH = 'password hash';

/** The password the gateway authenticates with: the clear text stays there, the relay gets its hash. */
export const credentials: Task<Host, View> = {
  name: 'credentials',
  summary: 'the gateway authenticates at the relay with a password that only the gateway knows',
  resources: (host, fleet) => {
    const { tls } = fleet.mail;
    if (host.role === 'workstation' || !needsTls(fleet)) return [];
    if (host.role === 'gateway') return tls ? [clearText(host, fleet)] : [];
    const hashes = file(SECRETS, {
      // A new relay that is to do without TLS, but not before its gateway, has a smtpd.conf that names the file until then.
      content: (world, existing) =>
        tls || existing === '' ? `${[MARKED, ...hashLines(host, fleet, world, existing)].join('\n')}\n` : existing,
      ...ATTRIBUTES,
      secret: true,
      sameAs: (existing, wanted) => entries(existing) === entries(wanted),
    });
    return [{ ...hashes, recall: observed => hashesIn(observed, fleet) }];
  },
};

/** The users that the gateways should have, and those that one of them still uses. */
function hashLines(relay: Host, fleet: View, world: World, existing: string): readonly string[] {
  const { users } = hopsOf(relay, fleet);
  const due = gatewaysOf(fleet).filter(gateway => users.has(credentialUser(gateway, fleet)));
  const present = presentOf(due, gateway => world.lacks(gateway.name, HASH));
  const wanted = present.map(gateway => credentialUser(gateway, fleet));
  const old = hashesOf(existing).filter(([user]) => users.has(user) && !wanted.includes(user));
  return [
    ...present.map(gateway => `${credentialUser(gateway, fleet)}\t${world.published(gateway.name, HASH)}`),
    ...old.map(([user, hash]) => `${user}\t${hash}`),
  ];
}

/** The gateways' hashes, as the relay's table has them. */
function hashesIn(observed: Observed, fleet: Fleet): Published {
  const hashes = new Map(hashesOf(textOf(observed, SECRETS)));
  return new Map(
    gatewaysOf(fleet).flatMap(gateway => {
      const hash = hashes.get(credentialUser(gateway, fleet));
      return hash === undefined ? [] : [[gateway.name, { [HASH]: hash }]];
    }),
  );
}

/** Users and hashes; not the `user:password` that the host has as a gateway. */
const hashesOf = (text: string): readonly (readonly [string, string])[] =>
  entries(text)
    .split('\n')
    .flatMap(line => {
      const [user = '', hash = ''] = line.split(' ');
      return hash === '' || hash.includes(':') ? [] : [[user, hash] as const];
    });

/** A table's lines without comments and with one blank between key and value. */
const entries = (text: string): string =>
  text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.trim().split(/\s+/).join(' '))
    .sort()
    .join('\n');

/** Made on the gateway, or the existing one is used, with its hash; a hash that is older than the password is made again. */
function clearText(gateway: Gateway, fleet: View): Resource {
  const used = fleet.inForce?.users;
  const name = credentialUser(gateway, fleet);
  const hash = `${STATE_DIRECTORY}/hash.${name}`;
  const hasOwn = fleet.mail.credentials.password !== null;
  const state = credentialsState(name, { secrets: SECRETS, hash }, hasOwn);
  return {
    id: SECRETS,
    questions: [state, { kind: 'file', path: SECRETS, want: 'stat' }],
    judge(observed, world) {
      const wanted = hasOwn ? world.published(INVENTORY, PASSWORD) : '';
      const found = observed.get(state);
      const why = reasonsToMake(found, name, hasOwn ? sha256(`${name}:${wanted}`) : null);
      // A relay's table has one hash for a user, so both ends change in one run.
      if (fleet.relayAway !== undefined && why.some(({ code }) => code === 'password-differs'))
        throw new HeldBack(`the password of ${name}`, changed(fleet.relayAway));
      const now = observed.file(SECRETS);
      const dress = now.type === 'missing' ? null : attributes(now, ATTRIBUTES);
      // Only when smtpd no longer uses them: a relay that cannot be reached keeps one in use.
      const old = used === undefined ? [] : found.others.filter(user => !used.has(user));
      // The password and its hash stay: no other host needs to know it.
      if (why.length === 0 && old.length === 0) return dress;
      const make = { label: `makes ${SECRETS}`, ...made(command(MAKE, name, SECRETS, hash, wanted), SECRETS, hash) };
      const drop = { label: 'removes old users', command: command(DROP, SECRETS, hash, ...old) };
      const steps = [...(why.length > 0 ? [make] : (dress?.steps ?? [])), ...(old.length > 0 ? [drop] : [])];
      const reasons = [
        ...why,
        ...(dress ? [reason('file-attributes-differ', dress.why)] : []),
        ...old.map(user => reason('password-unused', `${user} is no longer used`)),
      ];
      return change(SECRETS, reasons, steps);
    },
    publish(observed) {
      const found = observed.get(state).hash;
      return found === null ? {} : { [HASH]: found };
    },
  };
}

/** Why password and hash are made. @param sum of user and password of the inventory; null if it has none. */
function reasonsToMake(found: CredentialsState, user: string, sum: string | null): readonly Reason[] {
  const { isLost, isPresent, isHashLost, hash } = found;
  return [
    isLost ? lost('a kept copy is used, or a new password made') : [],
    isPresent || isLost ? [] : reason('password-missing', `no password of ${user}`),
    isPresent && sum !== null && found.sum !== sum
      ? reason('password-differs', 'the password differs from the inventory')
      : [],
    isPresent && hash === null && isHashLost ? hashLost : [],
    isPresent && hash === null && !isHashLost ? reason('password-hash-stale', 'its hash is missing or older') : [],
  ].flat();
}

const hashLost = reason('file-lost', 'its hash holds only NUL bytes, as after a power cut');
