/**
 * A machine that edits: random inventories one after another under numbered mails, with hosts away, hosts and tasks left
 * out, and runs that are killed. In the end everything that was taken has to be delivered, once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { type ProvisionDocument, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { type Counts, underMail } from '../driver/under-mail.ts';
import { interfacesOf, killed, leftIn, removed, sendAs, setInterfaces, settled } from './editing-runs.ts';
import { type Draft, type DraftHost, drawing, inRole } from './edits.ts';
import { after, drawn, HOSTS, type Step } from './edits-drawn.ts';
import { fitted, SPARE, senderDomains } from './edits-fitting.ts';
import { spareAs, withSpare } from './edits-joining.ts';
import { tidied } from './edits-places.ts';
import { FILES, MAILDIRS } from './edits-settings.ts';

export interface Edited extends Counts {
  readonly steps: number;
  readonly queued: number;
  readonly stranded: number;
  /** Addresses that the admin took away at once: whoever was connected to one may hand its mail over again. */
  readonly cut: number;
  /** What no run is to say, and runs that never come to an end. */
  readonly faults: readonly string[];
}

const MAILS = {
  to: 'test@example.com',
  seconds: 120,
  hosts: HOSTS,
  mailboxes: HOSTS.filter(host => host !== 'namorar'),
  maildirs: MAILDIRS,
};

/**
 * Edits for a time, and settles. `name` is a lab that is up and provisioned.
 * @param plan the steps instead of drawn ones.
 */
export async function edited(
  name: string,
  { seed, seconds, plan }: { readonly seed: number; readonly seconds: number; readonly plan?: readonly Step[] },
): Promise<Edited> {
  const lab = labCalled(name);
  const folder = `/var/tmp/mailtun-lab/${name}`;
  const path = `${folder}/inventory.yaml`;
  for (const [file, text] of Object.entries(FILES)) writeFileSync(`${folder}/${file}`, text, { mode: 0o600 });
  const draw = drawing(seed);
  const original = readFileSync(path, 'utf8');
  let has = await interfacesOf(lab);
  let draft = fitted(draftOf(original, name, has));
  let spare: DraftHost | undefined;
  const faults: string[] = [];
  // What a run that was killed has armed is rolled back by the host itself, while the next one goes on with the others.
  let wasKilled = false;
  const run = async (...options: readonly string[]): Promise<ProvisionDocument | null> => {
    const { document, found } = await ran(name, path, options, wasKilled ? FAULT : UNDISTURBED);
    faults.push(...found);
    wasKilled = false;
    return document;
  };
  let steps = 0;
  let away: string | null = null;
  const isBack = async (): Promise<void> => {
    if (away !== null) await lab.must(away, 'rcctl start sshd');
    away = null;
  };
  let cut = 0;
  let senders = senderDomains(draft);
  const written = async (): Promise<void> => {
    const now = senderDomains(draft);
    senders = senders.filter(domain => now.includes(domain));
    await sendAs(lab, senders[0]);
    has = await setInterfaces(lab, has, draft.lans);
    writeFileSync(path, textOf(draft));
  };
  const isSettled = async (): Promise<void> => {
    faults.push(...(await settled(lab, run)));
    senders = senderDomains(draft);
    await sendAs(lab, senders[0]);
  };
  await written();
  // What an earlier sequence has left is not where this one begins.
  await isSettled();
  const until = Date.now() + seconds * 1000;
  const counts = await underMail(name, lab, MAILS, async () => {
    while (plan ? steps < plan.length : Date.now() < until) {
      const step = plan?.[steps] ?? drawn(draft, draw);
      steps += 1;
      const before = textOf(draft);
      draft = after(draft, step.edits, draw);
      spare = draft.hosts[SPARE] ?? spare;
      console.log(`step ${steps}`, JSON.stringify(step), differing(before, textOf(draft)));
      cut += removed(has, draft.lans);
      await written();
      if (step.away !== undefined && away === null) {
        away = step.away;
        await lab.must(away, 'rcctl stop sshd');
      }
      const options = [...(step.only ?? []).flatMap(role => ['--host', inRole(draft, role)]), ...(step.options ?? [])];
      if (step.killedAfter === undefined) await run(...options);
      else await killed(name, options, step.killedAfter);
      wasKilled = step.killedAfter !== undefined;
      if (plan || draw(3) > 0) await isBack();
      // What no run can do any more would not show if a later edit helps.
      if (!plan && steps % 12 === 0 && away === null && isWhole(draft, spare)) await isSettled();
    }
    await isBack();
    // One that went without leave still has its place.
    draft = fitted(withoutRetiring(spare && !draft.hosts[SPARE] ? fitted(withSpare(draft, spare)) : draft));
    await written();
    await isSettled();
    draft = tidied(draft);
    await written();
    await isSettled();
  });
  const { queued, files } = await leftIn(lab);
  draft = fitted(draftOf(original, name, has));
  await written();
  writeFileSync(path, original);
  await lab.must('mimando', 'rm -f /tmp/from');
  const result = {
    ...counts,
    lost: Math.max(0, counts.lost - queued),
    steps,
    queued,
    stranded: files - queued,
    cut,
    faults,
  };
  console.log(`seed ${seed}`, JSON.stringify(result));
  return result;
}

/** What a run says, and what of it none should. @throws Error if the inventory is not valid. */
async function ran(
  name: string,
  path: string,
  options: readonly string[],
  isFault: RegExp,
): Promise<{ readonly document: ProvisionDocument; readonly found: readonly string[] }> {
  const { stdout, stderr, exitCode } = await started(name, 'provision', path, '--json', ...options);
  if (exitCode === 64) throw new Error(`${stdout}${stderr}`);
  const document: ProvisionDocument = JSON.parse(stdout);
  const found = document.hosts.flatMap(({ name: host, error }) => {
    if (error) console.log(`${host}:`, error.what);
    return error && isFault.test(`${error.what} ${error.remedy}`) ? [`${host}: ${error.what}`] : [];
  });
  return { document, found };
}

const FAULT =
  /bug in mailtun|would replace what mailtun did not write|still differs|\.unfinished:\d+: |after an interrupted run failed/;
const UNDISTURBED = new RegExp(`${FAULT.source}|does not work after the change`);

/** Whether all mail has its way: nobody retires, or went without leave. */
const isWhole = ({ hosts }: Draft, spare: DraftHost | undefined): boolean =>
  (!spare || hosts[SPARE] !== undefined) && Object.values(hosts).every(({ retiring }) => !retiring);

const withoutRetiring = (draft: Draft): Draft => ({
  ...draft,
  hosts: Object.fromEntries(Object.entries(draft.hosts).map(([name, host]) => [name, { ...host, retiring: false }])),
});

/** The lab's inventory in the form that edits know. */
function draftOf(text: string, lab: string, lans: Draft['lans']): Draft {
  const found = parse(text);
  return {
    domain: [found.domain].flat(),
    tunnel: { interface: 'wg0', port: 6900, preshared_key: false, mtu: 1420, keepalive: 15, ...found.tunnel },
    mail: {
      recipients: found.mail.recipients,
      credentials: { user: 'mailuser' },
      tls: true,
      queue_ttl: '20d',
      bounces: 'drop',
      maildir: MAILDIRS[0],
      dkim: false,
    },
    packet_filter: true,
    hosts: found.hosts,
    spare: {
      relay: spareAs('relay', lab),
      gateway: spareAs('gateway', lab),
      workstation: spareAs('workstation', lab),
    },
    lans,
  };
}

/** The lines that are in one of two inventories only. */
function differing(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const [gone, come] = [old.filter(line => !now.includes(line)), now.filter(line => !old.includes(line))];
  return [...gone.map(line => `\n- ${line.trim()}`), ...come.map(line => `\n+ ${line.trim()}`)].join('');
}

const textOf = ({ spare: _, lans: __, ...inventory }: Draft): string => stringify(inventory);
