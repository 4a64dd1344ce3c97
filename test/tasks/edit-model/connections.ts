/** What becomes of a connection of smtpd to another host: it is made, mail waits, or would be refused for good. */
import { addressOfName, parseHostsFile } from '../../../src/facts/hosts-file.ts';
import { type Action, entriesOf, type Listener, parseSmtpdConf, relayUrl } from '../../../src/facts/smtpd-conf.ts';
import { familyOf } from '../../../src/hosts/addresses.ts';
import { sendersTo } from '../../../src/tasks/hops.ts';
import { isTunnelHost, peersOf } from '../../../src/tasks/neighbours.ts';
import { type Files, isInLan, type Machine, machineOf, short, type World } from './world.ts';

/** Where it leads. */
export interface Connection {
  readonly to: Machine;
  readonly listener: string;
  /** The addresses that it may come from. */
  readonly sources: readonly string[];
  readonly user: string | null;
}

/** Why it is of no use. */
export interface Failed {
  readonly why: string;
  /** The mail is lost. */
  readonly isFinal: boolean;
}

/** Who sends to whom. */
interface Ends {
  readonly from: Machine;
  readonly here: Files;
  readonly to: Machine;
  readonly there: Files;
  readonly address: string;
  readonly listener: Listener;
  readonly isTls: boolean;
  readonly user: string | null;
}

const waits = (why: string): Failed => ({ why, isFinal: false });
const loses = (why: string): Failed => ({ why, isFinal: true });

/** Of an action, by one of the URLs that it relays to. */
export function connected(
  world: World,
  from: Machine,
  mail: { readonly action: Action; readonly url: string; readonly recipient: string },
): Connection | Failed {
  const url = relayUrl(mail.url);
  if (url.host === '127.0.0.1') return { to: from, listener: '', sources: [url.host], user: null };
  const ends = endsOf(world, from, url);
  if ('why' in ends) return ends;
  const source = sourceOf(mail.action, ends.here);
  const failed =
    filtered(ends, mail.recipient) ?? untrusted(ends) ?? unbound(world, ends, source) ?? unauthenticated(ends);
  if (failed) return failed;
  const sources = source === null ? sourcesOf(world, ends) : [source];
  if (sources.length === 0) return waits('no source address');
  return { to: ends.to, listener: ends.listener.raw, sources, user: ends.user };
}

function endsOf(world: World, from: Machine, url: ReturnType<typeof relayUrl>): Ends | Failed {
  const { files, running: here } = world.disk(from);
  const address = addressOfName(url.host, parseHostsFile(files.hostsFile));
  if (address === undefined) return waits(`${url.host} is unknown`);
  const to = world.ownerOf(address);
  if (to === undefined || to === from) return waits(`${address} is ${to ? 'its own' : 'of nobody'}`);
  if (!world.has(to, address)) return waits(`${address} has gone`);
  const there = world.disk(to).running;
  const listener = parseSmtpdConf(there.conf).listeners.find(({ on }) => short(on) === short(address));
  if (!listener) return waits(`${to} does not listen on ${address}`);
  const isTls = url.scheme === 'smtp+tls';
  const user = isTls && listener.tls !== 'none' && url.label ? url.label : null;
  return { from, here, to, there, address, listener, isTls, user };
}

/** Connections are turned away for a time. */
function filtered({ to, there, listener }: Ends, recipient: string): Failed | null {
  if (/ filter "retiring"/.test(listener.raw)) return waits(`${to} is retiring`);
  const isPending = / filter "pending"/.test(listener.raw) && isPendingIn(there.conf, recipient);
  return isPending ? waits(`${recipient} is pending at ${to}`) : null;
}

/** Whether a relay asks for mail to this address again later. */
export function isPendingIn(conf: string, recipient: string): boolean {
  const [, patterns = ''] = /filter "pending" phase rcpt-to match rcpt-to regex \{ (.*) \} reject/.exec(conf) ?? [];
  const isLike = (pattern: string): boolean => new RegExp(pattern.replace(/^"|"$/g, ''), 'i').test(`<${recipient}>`);
  return patterns !== '' && patterns.split(', ').some(isLike);
}

/** The tunnel, and TLS in the LAN, whose certificates both have to know. */
function untrusted({ from, here, to, there, address, listener, isTls }: Ends): Failed | null {
  if (!isInLan(address) && !arePeers(here, there)) return waits(`no tunnel from ${from} to ${to}`);
  if (isTls && listener.tls === 'none') return waits(`no TLS at ${to}`);
  if (!isTls && listener.tls === 'required') return loses(`sends in plain to ${to}, which requires TLS`);
  if (!isTls || !isInLan(address)) return null;
  if (listener.tls === 'required' && !acceptsFrom(there, from)) return waits(`${to} does not trust ${from}`);
  return sendsTo(here, to) ? null : waits(`${from} does not trust ${to}`);
}

function arePeers({ made: one }: Files, { made: other }: Files): boolean {
  if (!one || !other || !isTunnelHost(one.host) || !isTunnelHost(other.host)) return false;
  const [here, there] = [machineOf(one.host), machineOf(other.host)];
  return (
    peersOf(one.host, one.fleet).some(peer => machineOf(peer) === there) &&
    peersOf(other.host, other.fleet).some(peer => machineOf(peer) === here)
  );
}

const acceptsFrom = ({ made }: Files, from: Machine): boolean =>
  made !== null && sendersTo(made.host, 'lan', made.fleet).some(sender => machineOf(sender) === from);

/** A gateway knows the certificates of workstations, and they know the gateways'. */
const sendsTo = ({ made }: Files, to: Machine): boolean =>
  made?.fleet.hosts.some(
    other =>
      machineOf(other) === to && [made.host.role, other.role].toSorted().join() === ['gateway', 'workstation'].join(),
  ) === true;

/** The address that an action says. */
function sourceOf({ src }: Action, { conf }: Files): string | null {
  const [entry] = entriesOf(src, parseSmtpdConf(conf));
  return entry ? entry[0].replace(/^\[|\]$/g, '') : null;
}

function unbound(world: World, { from, address }: Ends, source: string | null): Failed | null {
  if (source === null) return null;
  if (!world.has(from, source)) return waits(`${source} has gone from ${from}`);
  return familyOf(source) === familyOf(address) ? null : waits(`${source} is of the other family`);
}

function sourcesOf(world: World, { from, here, address }: Ends): readonly string[] {
  const host = here.made?.host;
  if (!isInLan(address)) return host && isTunnelHost(host) ? [host.tunnel.address] : [''];
  return from === 'namorar' ? [] : world.draft.lans[from].filter(one => familyOf(one) === familyOf(address));
}

function unauthenticated({ to, there, listener, user }: Ends): Failed | null {
  if (user === null) return / auth <secrets>/.test(listener.raw) ? loses(`does not authenticate at ${to}`) : null;
  if (!/ auth/.test(listener.raw) || there.secrets.includes(user)) return null;
  return waits(`${to} does not know ${user}`);
}
