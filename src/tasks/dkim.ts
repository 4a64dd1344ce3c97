import { type DkimState, dkimKeysIn, isPublished } from '../facts/dkim-keys.ts';
import { parseDkimRecord } from '../facts/dkim-record.ts';
import { type Dkim, type Fleet, type Host, type Relay, relaysOf } from '../hosts/fleet.ts';
import { directory } from '../resources/directory.ts';
import { made } from '../resources/file.ts';
import { packageAdded } from '../resources/package.ts';
import { command } from '../run/command.ts';
import type { Fact } from '../run/fact.ts';
import { Failure } from '../run/failure.ts';
import { change, type FileState, madeFirst, type Reason, type Resource, reason } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { MAKE } from './dkim-scripts.ts';

/** A directory of root's: that of the package belongs to the filter's user, who could place links in it. */
export const DKIM_FOLDER = '/etc/mail/mailtun.dkim';
/** Where the package of OpenBSD puts it (its PLIST). */
export const FILTER = '/usr/local/libexec/smtpd/filter-dkimsign';

/** Under this key a relay publishes the state of its keys in DNS: lines `SELECTOR ALGORITHM DOMAIN yes|no|unknown`. */
export const DKIM_STANDING = 'DKIM keys in DNS';

/** The key outbound mail is signed with, and what signs it. */
export const dkim: Task<Host, Fleet> = {
  name: 'dkim',
  summary: 'the relay signs outbound mail with DKIM once DNS has the record of its key',
  resources: (host, fleet) => {
    const { dkim: desired } = fleet.mail;
    if (host.role !== 'relay' || desired === null) return [];
    return [
      // As early as the key, which needs both.
      madeFirst(
        packageAdded(host.name, {
          name: 'opensmtpd-filter-dkimsign',
          program: FILTER,
          // Until OpenBSD 7.2 and later Ed25519 had a flavor of its own.
          flavors: desired.algorithm === 'ed25519' ? ['ed25519', ''] : [''],
          because: 'mail.dkim',
        }),
      ),
      madeFirst(directory(DKIM_FOLDER, 'wheel')),
      signingKey(host, fleet, desired),
    ];
  },
};

/** Each relay has its own key, so with several relays each has its own selector. */
export const selectorOf = (relay: Relay, fleet: Fleet, desired: Dkim): string =>
  relaysOf(fleet).length === 1
    ? desired.selector
    : `${desired.selector}-${relay.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;

/** What a relay would publish if DNS had its key for every domain. */
export function dkimEverywhere(fleet: Fleet, host: string): string {
  const relay = relaysOf(fleet).find(({ name }) => name === host);
  const { dkim: desired } = fleet.mail;
  if (!relay || desired === null) return '';
  const selector = selectorOf(relay, fleet, desired);
  return fleet.domains.map(domain => `${selector} ${desired.algorithm} ${domain} yes`).join('\n');
}

/** The keys of a relay, and their records in DNS as the relay gets them. */
export const dkimKeys = (fleet: Fleet): Fact<DkimState> => dkimKeysIn(DKIM_FOLDER, fleet.domains);

function signingKey(relay: Relay, fleet: Fleet, desired: Dkim): Resource {
  const selector = selectorOf(relay, fleet, desired);
  const [path, record] = [`${DKIM_FOLDER}/${selector}.key`, `${DKIM_FOLDER}/${selector}.record`];
  return {
    id: path,
    questions: [{ kind: 'file', path, want: 'stat' }, dkimKeys(fleet)],
    judge(observed) {
      const key = observed.get(dkimKeys(fleet)).keys.find(one => one.selector === selector);
      refuseOtherAlgorithm(key, desired, relay.name);
      const why = reasonsToMake(observed.file(path), key, record);
      if (why.length === 0) return null;
      const make = {
        label: `makes ${path}`,
        ...made(command(MAKE, path, record, desired.algorithm, FILTER, selector), path, record),
      };
      return change(path, why, [make]);
    },
    publish: observed => ({ [DKIM_STANDING]: standing(observed.get(dkimKeys(fleet)), fleet.domains) }),
  };
}

type Key = DkimState['keys'][number] | undefined;

/** @throws Failure. */
function refuseOtherAlgorithm(key: Key, desired: Dkim, host: string): void {
  const has = key?.state === 'key' ? parseDkimRecord(key.record) : null;
  if (key && has && has.algorithm !== desired.algorithm)
    throw new Failure(
      'dkim-algorithm-differs',
      `the key of the selector ${key.selector} is for ${has.algorithm}, not ${desired.algorithm}`,
      host,
      'use another selector under mail.dkim: it gets its own key, and the old key signs until DNS has the new record',
    );
}

function reasonsToMake({ type, mode, owner, group }: FileState, key: Key, record: string): readonly Reason[] {
  if (type === 'missing') return [reason('dkim-key-missing', 'missing')];
  const attributes = `${mode} ${owner}:${group}`;
  return [
    key?.state === 'damaged' ? reason('dkim-key-damaged', 'contains no key: a new one is made') : [],
    key === undefined || key.state === 'stale' || parseDkimRecord(key.record) === null
      ? reason('dkim-record-stale', `${record} is missing or older`)
      : [],
    attributes === '0400 _dkimsign:_dkimsign' ? [] : reason('file-attributes-differ', `mode and owner ${attributes}`),
  ].flat();
}

/** Lines `SELECTOR ALGORITHM DOMAIN yes|no|unknown`. */
const standing = (state: DkimState, domains: readonly string[]): string =>
  state.keys
    .flatMap(key => {
      const algorithm = parseDkimRecord(key.record)?.algorithm ?? '';
      return domains.map(
        domain => `${key.selector} ${algorithm} ${domain} ${isPublished(key, state.answer(key.selector, domain))}`,
      );
    })
    .join('\n');
