/** The acceptance suite: provisions from nothing, twice; mail; drift and repair; rotation; reboot where asked. */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type Drift, driftsOf } from './drifts.ts';
import { mailtun, onHost, type Ran, readFleet } from './hosts.ts';

const USAGE = `usage: scripts/accept INVENTORY [--yes] [--reboot] [--outbound ADDRESS]
  --yes       does not ask before it changes the hosts
  --reboot    reboots each of them as well
  --outbound  sends a mail to this address in the world as well
`;

const { path, fleet, yes, reboot, outbound } = wanted();
const names = fleet.hosts.map(host => host.name);
let passed = 0;
let failed = 0;

/** What the command line asks for; wrong usage and a bad inventory end with 64 before any host is touched. */
function wanted() {
  const boolean = { type: 'boolean', default: false } as const;
  try {
    const options = { yes: boolean, reboot: boolean, help: boolean, outbound: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const [inventory, ...more] = positionals;
    if (inventory === undefined || more.length > 0) throw new Error('one inventory is wanted');
    return { ...values, path: inventory, fleet: readFleet(inventory) };
  } catch (error) {
    process.stderr.write(`accept: ${(error as Error).message}\n${USAGE}`);
    process.exit(64);
  }
}

/** One check: well unless it throws. */
function check(title: string, run: () => void): void {
  try {
    run();
    passed += 1;
    console.log(`ok: ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${title}\n  ${String((error as Error).message).replaceAll('\n', '\n  ')}`);
  }
}

function expectSame(what: string, got: unknown, wanted: unknown, ran?: Ran): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a}, wanted ${b}${ran ? `\n${ran.stdout}${ran.stderr}` : ''}`);
}

interface Provisioned {
  readonly hosts: readonly {
    readonly name: string;
    readonly roundTrips: number;
    readonly changes: readonly { readonly resource: string }[];
  }[];
  readonly totals: { readonly changed: number; readonly failed: number };
}

function provisioned(exit: number, ...options: readonly string[]): Provisioned {
  const ran = mailtun('provision', path, '--json', ...options);
  expectSame('exit status', ran.exit, exit, ran);
  return JSON.parse(ran.stdout);
}

const changesOf = ({ hosts }: Provisioned): readonly string[] =>
  hosts.flatMap(host => host.changes.map(change => `${host.name} ${change.resource}`)).sort();

function converged(): void {
  const run = provisioned(0);
  expectSame('changes', changesOf(run), []);
  expectSame(
    'round trips',
    run.hosts.map(host => host.roundTrips),
    names.map(() => 1),
  );
}

function mailFlows(): void {
  const ran = mailtun('send-test', path, '--json');
  expectSame('send-test', ran.exit, 0, ran);
}

function driftIsMended({ host, line, named }: Drift): void {
  const ran = onHost(fleet, host, line);
  expectSame('made by hand', ran.exit, 0, ran);
  expectSame('named by --check', changesOf(provisioned(2, '--check')), [...named].sort());
  provisioned(0);
  expectSame('left after provision', changesOf(provisioned(0, '--check')), []);
}

/** When a host was booted, as it says; empty where it does not answer. */
const bootOf = (host: string): string => onHost(fleet, host, 'sysctl -n kern.boottime', 20).stdout.trim();

/** A host that takes its time to go down is well until then: only another boot counts. */
function comesBack(host: string): void {
  const before = bootOf(host);
  if (before === '') throw new Error(`${host} does not say when it was booted`);
  onHost(fleet, host, 'nohup sh -c "sleep 1; reboot" >/dev/null 2>&1 &');
  const until = Date.now() + 300_000;
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  while (['', before].includes(bootOf(host)) || mailtun('status', path, '--json').exit !== 0) {
    if (Date.now() > until) throw new Error(`${host} is not well five minutes after a reboot`);
    Atomics.wait(asleep, 0, 0, 2000);
  }
}

async function mayBegin(): Promise<boolean> {
  if (yes) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(
    `This changes the mail set-up of ${names.join(', ')} for good and breaks it many times on the way. Type yes: `,
  );
  lines.close();
  return answer.trim() === 'yes';
}

if (!(await mayBegin())) process.exit(1);
check('a first provision takes at most six round trips a host', () => {
  const run = provisioned(0, '--take-over');
  for (const host of run.hosts) if (host.roundTrips > 6) throw new Error(`${host.name}: ${host.roundTrips}`);
});
check('a second one changes nothing, in one round trip a host', converged);
check('mail comes in', mailFlows);
if (outbound !== undefined)
  check('mail goes out', () => {
    const ran = mailtun('send-test', path, '--json', '--outbound', outbound);
    expectSame('send-test', ran.exit, 0, ran);
  });
for (const drift of driftsOf(fleet))
  check(`${drift.host}: ${drift.title}: named exactly, mended`, () => driftIsMended(drift));
check('mail comes in after all that', mailFlows);
check('keys rotate', () => {
  const ran = mailtun('rotate-keys', path, '--json');
  expectSame('rotate-keys', ran.exit, 0, ran);
});
check('which leaves nothing to do', converged);
check('mail comes in with the new keys', mailFlows);
check('status finds nothing unwell', () => {
  const ran = mailtun('status', path, '--json');
  expectSame('status', ran.exit, 0, ran);
});
if (reboot) {
  for (const name of names) check(`${name}: comes back by itself after a reboot`, () => comesBack(name));
  check('mail comes in after the reboots', mailFlows);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
