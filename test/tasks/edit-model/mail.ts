/** Mail between modelled machines: each recipient passes what smtpd runs with there, until it is delivered or waits. */
import { type Action, entriesOf, parseSmtpdConf } from '../../../src/facts/smtpd-conf.ts';
import { type Session, verdictOf } from '../smtpd-model.ts';
import { connected, isPendingIn } from './connections.ts';
import { MACHINES, type Machine, type Mail, STOCK, type World } from './world.ts';

/** A recipient that a machine is asked to take. */
interface Offered extends Omit<Session, 'tag'> {
  /** Of smtpd.conf; `local` is the socket. */
  readonly listener: string;
  readonly hops: number;
}

/** smtpd gives up at 100; nothing here needs more. */
const HOPS = 8;

const OUTSIDE = 'a@other.example';
const COUNTED = 'test@example.com';

/** What waits is tried again; the world and the workstation's users send new mail. */
export function flow(world: World, moment: string): void {
  world.moment = moment;
  for (const machine of MACHINES) {
    const disk = world.disk(machine);
    const waiting = disk.queue;
    disk.queue = [];
    for (const mail of waiting) send(world, machine, mail, 0);
  }
  const fresh = { user: null, hops: 0 };
  for (const relay of ['namorar', 'saudade'] as const) {
    const mail = { ...fresh, source: '198.51.100.1', listener: '', from: OUTSIDE, to: COUNTED };
    if (isAsked(world, relay, mail)) take(world, relay, mail);
  }
  for (const domain of world.senders)
    for (const to of [OUTSIDE, COUNTED])
      take(world, 'mimando', { ...fresh, source: 'local', listener: 'local', from: `test@${domain}`, to });
}

/** Whether the world hands its mail over here, and is not told to come again later. */
function isAsked(world: World, machine: Machine, mail: Offered): boolean {
  const { conf, made } = world.disk(machine).running;
  if (made?.host.role !== 'relay' || conf.includes('filter "retiring"') || isPendingIn(conf, mail.to)) return false;
  // No MX record leads to the fourth machine before it accepts mail as a relay.
  return machine === 'namorar' || decide(world, machine, mail) !== 'refused';
}

function decide(world: World, machine: Machine, { listener, ...mail }: Offered): string {
  const tag = / tag (\w+)/.exec(listener)?.[1] ?? '';
  const own = world.addressesOf(machine);
  return verdictOf(parseSmtpdConf(world.disk(machine).running.conf), { ...mail, tag }, { own, names: ['localhost'] });
}

const lose = (world: World, text: string): void => {
  world.lost.push(`${world.moment}: ${text}`);
};

/** Accepted mail is delivered or sent on; what is refused for good is lost. */
function take(world: World, machine: Machine, mail: Offered): void {
  const { conf, recipients, made } = world.disk(machine).running;
  const { from, to, source, hops } = mail;
  const name = conf === STOCK.conf ? 'later' : decide(world, machine, mail);
  if (name === 'later') return;
  const action = actionIn(conf, name);
  if (hops > HOPS) lose(world, `mail from ${from} to ${to} goes round and round at ${machine}`);
  else if (!action) lose(world, `${machine} (${made?.host.role}) refuses mail from ${from} to ${to} sent by ${source}`);
  else if (action.method === 'relay') send(world, machine, { action: name, from, to, at: world.clock, why: '' }, hops);
  else if (action.virtual && !recipients.some(([key]) => key === to)) lose(world, `${machine} has no user for ${to}`);
}

const actionIn = (conf: string, name: string): Action | undefined =>
  parseSmtpdConf(conf).actions.find(one => one.name === name);

/** By the action under whose name it is queued. */
function send(world: World, machine: Machine, mail: Mail, hops: number): void {
  const { queue, running } = world.disk(machine);
  const action = actionIn(running.conf, mail.action);
  if (!action) {
    world.faults.push(`${world.moment}: ${machine} has no action ${mail.action} for mail to ${mail.to}`);
    queue.push(mail);
  } else if (action.host !== null) {
    const why = handOver(world, machine, { action, mail, hops });
    const isSame = ({ action, from, to }: Mail): boolean =>
      action === mail.action && from === mail.from && to === mail.to;
    if (why !== null && !queue.some(isSame)) queue.push({ ...mail, why });
  }
}

/** To the first of an action's hosts that can be connected to, from each address that smtpd may choose; or why not. */
function handOver(
  world: World,
  machine: Machine,
  { action, mail, hops }: { readonly action: Action; readonly mail: Mail; readonly hops: number },
): string | null {
  const { from, to } = mail;
  const reasons: string[] = [];
  for (const [key, value] of entriesOf(action.host, parseSmtpdConf(world.disk(machine).running.conf))) {
    const found = connected(world, machine, { action, url: value ?? key, recipient: to });
    if ('to' in found) {
      const { listener, user } = found;
      for (const source of found.sources) take(world, found.to, { source, listener, user, from, to, hops: hops + 1 });
      return null;
    }
    if (found.isFinal) lose(world, `${machine} ${found.why}: mail from ${from} to ${to}`);
    reasons.push(found.why);
  }
  return reasons.join(', ');
}
