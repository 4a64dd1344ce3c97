import { randomBytes } from 'node:crypto';
import { traceOf } from '../checks/trace.ts';
import {
  acceptedAs,
  followed,
  followMail,
  handIn,
  handOut,
  mailText,
  type TestMail,
  takeAway,
  unqueue,
} from '../facts/test-mail.ts';
import { handInFromHere } from '../hosts/direct-smtp.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { failureJson, failureText } from '../report/failure.ts';
import { pageColumns, painter } from '../report/page.ts';
import { type Sent, type SentHop, sentJson, sentText } from '../report/send-test.ts';
import type { Command } from '../run/command.ts';
import { type Session, sectionOf } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { innerAddresses } from '../tasks/former-names.ts';
import { type Connections, connectionsTo } from './connections.ts';
import { loadFleet } from './fleet.ts';
import { type Act, type CommonOptions, EXIT } from './terminal.ts';
import { hostOf, type TestTarget, targetOf } from './test-target.ts';

/** Options of `mailtun send-test`. */
export interface SendTestOptions extends CommonOptions {
  /** A recipient of the inventory; the default is the first one. */
  readonly to?: string;
  readonly fromHere?: boolean;
  /** An address outside, for a message in the other direction. */
  readonly outbound?: string;
  /** Seconds for the whole path. */
  readonly timeout?: number;
}

const DEFAULT_SECONDS = 60;

/** Sends a test message, traces it host by host and deletes it. Resolves to the exit status. */
export const sendTest: Act<SendTestOptions> = async (inventory, options, terminal) => {
  const fleet = await loadFleet(inventory, terminal);
  const target = targetOf(fleet, options);
  const journey = new Map<string, Promise<Session>>();
  const connections = connectionsTo(fleet);
  const until = Date.now() + (options.timeout ?? DEFAULT_SECONDS) * 1000;
  try {
    const tracing = { fleet, run: runner(connections, journey), until };
    const sent = options.outbound
      ? await outwards(target, options.outbound, tracing)
      : await inwards(target, options, tracing);
    if (options.json) terminal.out(`${JSON.stringify(sentJson(sent))}\n`);
    else {
      const paint = painter(terminal.interactive && !terminal.env.NO_COLOR);
      terminal.out(sentText(sent, fleet.path, paint, { columns: pageColumns(terminal.columns) }));
    }
    return sent.stopped === null ? EXIT.well : EXIT.unwell;
  } catch (error) {
    if (!(error instanceof Failure) || (journey.size === 0 && !options.fromHere)) throw error;
    terminal.err(failureText(error));
    if (options.json) terminal.out(`${JSON.stringify(failureJson('send-test', error))}\n`);
    return EXIT.failed;
  } finally {
    await Promise.allSettled([...journey.values()].map(async session => (await session).close()));
  }
};

/** Runs a command on a host over the one connection there; resolves to its output. */
type Run = (host: Host, label: string, what: Command, seconds?: number) => Promise<string>;

/** What tracing a message needs. */
interface Tracing {
  readonly fleet: Fleet;
  readonly run: Run;
  /** Milliseconds since 1970 at which tracing ends. */
  readonly until: number;
}

const runner =
  (connections: Connections, journey: Map<string, Promise<Session>>): Run =>
  async (host, label, what, seconds = 60) => {
    const opening = journey.get(host.name) ?? connections.connect(host);
    journey.set(host.name, opening);
    const session = await opening;
    const [answer] = await session.exchange([sectionOf('ask', label, what)], { silenceSeconds: seconds + 30 });
    return answer?.stdout.toString('utf8') ?? '';
  };

const newMail = (mail: Omit<TestMail, 'id'>): TestMail => ({ id: randomBytes(8).toString('hex'), ...mail });

async function inwards(target: TestTarget, { fromHere }: SendTestOptions, tracing: Tracing): Promise<Sent> {
  const { fleet, run } = tracing;
  const { relay } = target;
  const [mx] = relay.mx;
  if (!mx) throw new Error('a relay has an MX');
  const mail = newMail({ sender: '', from: `mailtun <send-test@${relay.outbound.name}>`, to: target.address });
  const began = Date.now();
  const text = mailText(mail, new Date());
  const answers = fromHere
    ? await handInFromHere(mx, mail, text)
    : await run(relay, 'sends the test message to its MX', handIn(mx.address, mx.name, mail, text));
  const head = { mail, direction: 'in' as const, handedInOn: fromHere ? null : relay.name, began };
  const msgid = acceptedAs(answers);
  if (msgid === null)
    return {
      ...head,
      hops: [],
      file: null,
      stopped: { host: relay.name, why: `${mx.name} said: ${lastLine(answers)}` },
    };
  const hops = await hopsFrom({ host: relay, msgid }, tracing);
  const file = (
    await run(target.host, 'deletes the test message', takeAway(target.recipient.login, fleet.mail.maildir, mail))
  ).trim();
  const stopped =
    (await stopOf(hops, tracing)) ??
    (file === ''
      ? { host: target.host.name, why: `it is not in ${fleet.mail.maildir} of ${target.recipient.login}` }
      : null);
  return { ...head, hops, file: file === '' ? null : file, stopped };
}

async function outwards(target: TestTarget, to: string, tracing: Tracing): Promise<Sent> {
  if (!/^[^\s<>@]+@[^\s<>@]+$/.test(to))
    throw new Failure('usage', `"${to}" is not a mail address`, '--outbound', 'write it as somebody@example.net');
  const mail = newMail({ sender: target.address, from: `<${target.address}>`, to });
  const began = Date.now();
  const answers = await tracing.run(target.host, 'sends the test message', handOut(mail, mailText(mail, new Date())));
  const head = { mail, direction: 'out' as const, handedInOn: target.host.name, began, file: null };
  const msgid = acceptedAs(answers);
  if (msgid === null)
    return { ...head, hops: [], stopped: { host: target.host.name, why: `smtpd said: ${lastLine(answers)}` } };
  const hops = await hopsFrom({ host: target.host, msgid }, tracing);
  return { ...head, hops, stopped: await stopOf(hops, tracing) };
}

/** Traces a message from host to host, until it is delivered, leaves the fleet or is stuck. */
async function hopsFrom(
  start: { readonly host: Host; readonly msgid: string },
  { fleet, run, until }: Tracing,
): Promise<readonly SentHop[]> {
  const hops: SentHop[] = [];
  for (let at: typeof start | null = start; at; ) {
    const { host, msgid } = at;
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
    const said = await run(host, 'traces the test message', followMail(msgid, seconds), seconds);
    const trace = traceOf(msgid, followed(said));
    const next = fleet.hosts.find(one => innerAddresses(one).includes(trace.delivery?.relay ?? ''));
    hops.push({ host: host.name, msgid, trace, next: next?.name ?? null });
    at = next && trace.next !== null ? { host: next, msgid: trace.next } : null;
  }
  return hops;
}

/** Where and why the message is stuck; it is removed from the queue there. Null where it was delivered. */
async function stopOf(hops: readonly SentHop[], { fleet, run }: Tracing): Promise<Sent['stopped']> {
  const last = hops.at(-1);
  if (!last || last.trace.delivery?.result === 'Ok') return null;
  if (last.trace.delivery?.result !== 'PermFail')
    await run(hostOf(fleet, last.host), 'removes the test message from the queue', unqueue(last.msgid));
  return { host: last.host, why: last.trace.error ?? 'the log has nothing about it' };
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'nothing';
