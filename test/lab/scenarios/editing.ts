/**
 * A machine that edits: random inventories one after another under numbered mails, with hosts away, hosts and tasks left
 * out, and runs that are killed. In the end everything that was taken has to be delivered, once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { SEND_ON } from '../driver/mails.ts';
import { type ProvisionDocument, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { type Counts, underMail } from '../driver/under-mail.ts';
import { type Draft, type DraftHost, type Draw, drawing, EDITS, inRole, oneOf } from './edits.ts';
import { JOINING, SPARE, spareAs, withSpare } from './edits-joining.ts';

const ALL = { ...EDITS, ...JOINING };
const HOSTS = ['namorar', 'carinho', 'mimando', SPARE];
const ROLES = ['relay', 'gateway', 'workstation'] as const;
const TASKS = ['smtpd', 'credentials', 'wireguard', 'hosts-file', 'aliases', 'trust', 'packet-filter'];

/** What is edited, in which order, and how the run is disturbed. */
export interface Step {
  /** Names of `EDITS` and `JOINING`, or a whole inventory by way of a test's own. */
  readonly edits: readonly string[];
  /** Its sshd is off meanwhile. */
  readonly away?: string;
  /** The roles of `--host`. */
  readonly only?: readonly DraftHost['role'][];
  readonly options?: readonly string[];
  /** The run is killed after so many milliseconds. */
  readonly killedAfter?: number;
}

export interface Edited extends Counts {
  readonly steps: number;
  readonly queued: number;
  readonly stranded: number;
  /** What no run is to say, and runs that never come to an end. */
  readonly faults: readonly string[];
}

const MAILS = {
  to: 'test@example.com',
  seconds: 120,
  hosts: HOSTS,
  mailboxes: HOSTS.filter(host => host !== 'namorar'),
};

/** One step, drawn. */
function drawn(draw: Draw): Step {
  const edits = Array.from({ length: 1 + draw(2) }, () => oneOf(draw, Object.keys(ALL)));
  const chance = (percent: number): boolean => draw(100) < percent;
  const roles = ROLES.filter(() => chance(50));
  return {
    edits,
    ...(chance(25) && roles.length > 0 ? { only: roles } : {}),
    ...(chance(30) ? { away: oneOf(draw, HOSTS) } : {}),
    options: [...(chance(15) ? ['--only', oneOf(draw, TASKS)] : [])],
    ...(chance(25) ? { killedAfter: 300 + draw(9000) } : {}),
  };
}

/**
 * Edits for a time, and settles. `name` is a lab that is up and provisioned.
 * @param plan the steps instead of drawn ones.
 */
export async function edited(
  name: string,
  { seed, seconds, plan }: { readonly seed: number; readonly seconds: number; readonly plan?: readonly Step[] },
): Promise<Edited> {
  const lab = labCalled(name);
  const path = `/var/tmp/mailtun-lab/${name}/inventory.yaml`;
  const draw = drawing(seed);
  const original = readFileSync(path, 'utf8');
  let draft = draftOf(original, name);
  let spare: DraftHost | undefined;
  const faults: string[] = [];
  const run = async (...options: readonly string[]): Promise<ProvisionDocument | null> => {
    const { stdout, stderr, exitCode } = await started(name, 'provision', path, '--json', ...options);
    if (exitCode === 64) throw new Error(`${stdout}${stderr}`);
    const document: ProvisionDocument = JSON.parse(stdout);
    for (const { name: host, error } of document.hosts) {
      if (error) console.log(`${host}:`, error.what);
      if (
        error &&
        /bug in mailtun|still differs|\.unfinished:\d+: |after an interrupted run failed/.test(
          `${error.what} ${error.remedy}`,
        )
      )
        faults.push(`${host}: ${error.what}`);
    }
    return document;
  };
  const until = Date.now() + seconds * 1000;
  let steps = 0;
  let away: string | null = null;
  const isBack = async (): Promise<void> => {
    if (away !== null) await lab.must(away, 'rcctl start sshd');
    away = null;
  };
  const counts = await underMail(name, lab, MAILS, async () => {
    while (plan ? steps < plan.length : Date.now() < until) {
      const step = plan?.[steps] ?? drawn(draw);
      steps += 1;
      for (const edit of step.edits) draft = ALL[edit]?.(draft, draw) ?? draft;
      spare = draft.hosts[SPARE] ?? spare;
      writeFileSync(path, textOf(draft));
      if (step.away !== undefined && away === null) {
        away = step.away;
        await lab.must(away, 'rcctl stop sshd');
      }
      console.log(`step ${steps}`, JSON.stringify(step));
      const options = [...(step.only ?? []).flatMap(role => ['--host', inRole(draft, role)]), ...(step.options ?? [])];
      if (step.killedAfter === undefined) await run(...options);
      else await killed(name, options, step.killedAfter);
      if (plan || draw(3) > 0) await isBack();
    }
    await isBack();
    // One that went without leave still has its place.
    if (spare) draft = withSpare(draft, spare);
    writeFileSync(path, textOf({ ...draft, hosts: withoutRetiring(draft) }));
    faults.push(...(await settled(name, run)));
  });
  const left = await Promise.all(HOSTS.map(host => lab.must(host, 'smtpctl show queue')));
  const stranded = await Promise.all(
    HOSTS.map(host => lab.must(host, 'ls /var/spool/smtpd/queue/*/*/* 2>/dev/null; exit 0')),
  );
  const lines = (texts: readonly string[]): number => texts.join('').split('\n').filter(Boolean).length;
  const files = lines(
    stranded.map(text =>
      text
        .split('\n')
        .filter(line => /\/[0-9a-f]{16}$/.test(line))
        .join('\n'),
    ),
  );
  const queued = lines(left);
  writeFileSync(path, original);
  const result = {
    ...counts,
    lost: Math.max(0, counts.lost - queued),
    steps,
    queued,
    stranded: files - queued,
    faults,
  };
  console.log(`seed ${seed}`, JSON.stringify(result));
  return result;
}

const withoutRetiring = ({ hosts }: Draft): Draft['hosts'] =>
  Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, { ...host, retiring: false }]));

async function killed(name: string, options: readonly string[], milliseconds: number): Promise<void> {
  const running = started(name, 'provision', 'inventory.yaml', '--json', ...options);
  await Promise.race([running, pause(milliseconds)]);
  running.kill('SIGKILL');
  await running;
}

/**
 * Runs until there is nothing to do; what waits in a queue goes first, then leave is given where a run asks for it. What
 * is left then.
 */
async function settled(
  name: string,
  run: (...options: readonly string[]) => Promise<ProvisionDocument | null>,
): Promise<readonly string[]> {
  const lab = labCalled(name);
  let options: readonly string[] = [];
  let left: readonly string[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    const document = await run(...options);
    if (document?.hosts.every(host => host.ok && host.changes.length === 0)) return [];
    left = (document?.hosts ?? []).flatMap(({ name: host, error, changes }) => [
      ...(error ? [`${host}: ${error.what}`] : []),
      ...changes.map(change => `${host}: ${change.resource}: ${change.why}`),
    ]);
    for (const host of HOSTS) await lab.on(host, SEND_ON);
    await pause(1500);
    const queues = await Promise.all(HOSTS.map(host => lab.must(host, 'smtpctl show queue')));
    options = turn > 2 && queues.join('') === '' ? ['--take-over'] : [];
  }
  return [`not settled after 25 runs: ${left.join('; ')}`];
}

/** The lab's inventory in the form that edits know. */
function draftOf(text: string, lab: string): Draft {
  const found = parse(text);
  return {
    domain: [found.domain].flat(),
    tunnel: { interface: 'wg0', port: 6900, preshared_key: false, mtu: 1420, ...found.tunnel },
    mail: { recipients: found.mail.recipients, credentials: { user: 'mailuser' }, tls: true },
    hosts: found.hosts,
    spare: { relay: spareAs('relay', lab), workstation: spareAs('workstation', lab) },
  };
}

const textOf = ({ spare: _, ...inventory }: Draft): string => stringify(inventory);
