/**
 * The acceptance suite: provisions from nothing, twice; mail; drift and repair; rotation; and where asked, variants,
 * doctor's faults, power cuts, reboots.
 */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { check, counts, expectSame } from './checks.ts';
import { runDoctor } from './doctor.ts';
import { type Drift, driftsOf } from './drifts.ts';
import { bootOf, mailtun, onHost, readFleet } from './hosts.ts';
import { runPowerCuts } from './power-cuts.ts';
import { changesOf, converged, isWell, mailFlows, provisioned } from './runs.ts';
import { runVariants } from './variants.ts';

const USAGE = `usage: scripts/accept INVENTORY [--yes] [--reboot] [--outbound ADDRESS] [--variants] [--doctor] [--power-cut COMMAND]
  --yes        does not ask before it changes the hosts
  --reboot     reboots each of them as well
  --outbound   sends a mail to this address in the world as well
  --variants   provisions them with a preshared key, an IPv4 tunnel, another interface, plain SMTP inside the tunnel,
               a single machine at home, certificates from files, and back each time
  --doctor     breaks what stops mail, one thing after the other, and wants each named
  --power-cut  cuts the power of a host at ten moments of a provision, a rotation and an undo. COMMAND is a line of
               sh(1): it cuts the power of the host in $1 at once and gives it back, as in
               --power-cut 'scripts/lab reboot "$1" --hard'
What these hosts do not have is named at the end as not done. Exit status: 0 all that was done is well, 1 something
is not, 64 wrong usage.
`;

const { path, fleet, yes, reboot, outbound, variants, doctor, 'power-cut': cut } = wanted();
const names = fleet.hosts.map(host => host.name);

/** What the command line asks for; wrong usage and a bad inventory end with 64 before any host is touched. */
function wanted() {
  const boolean = { type: 'boolean', default: false } as const;
  const string = { type: 'string' } as const;
  try {
    const options = {
      yes: boolean,
      reboot: boolean,
      help: boolean,
      outbound: string,
      variants: boolean,
      doctor: boolean,
      'power-cut': string,
    } as const;
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

function driftIsRepaired({ host, line, named, afterwards }: Drift): void {
  try {
    const ran = onHost(fleet, host, line);
    expectSame('made by hand', ran.exit, 0, ran);
    expectSame('named by --check', changesOf(provisioned(path, 2, '--check')), [...named].sort());
  } finally {
    // Also if it was not named, so that the next drift is alone again.
    mailtun('provision', path);
    if (afterwards !== undefined) onHost(fleet, host, afterwards);
  }
  expectSame('left after provision', changesOf(provisioned(path, 0, '--check')), []);
}

/** A host that takes its time to go down is well until then: only another boot counts. */
function comesBack(host: string): void {
  const before = bootOf(fleet, host);
  if (before === '') throw new Error(`${host} does not say when it was booted`);
  onHost(fleet, host, 'nohup sh -c "sleep 1; reboot" >/dev/null 2>&1 &');
  const until = Date.now() + 300_000;
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  while (['', before].includes(bootOf(fleet, host)) || mailtun('status', path, '--json').exit !== 0) {
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
await check('a first provision takes at most five round trips a host, of a bare one four', () => {
  const run = provisioned(path, 0, '--take-over');
  for (const host of run.hosts) if (host.roundTrips > 5) throw new Error(`${host.name}: ${host.roundTrips}`);
});
await check('a second one changes nothing, in one round trip a host', () => converged(path));
await check('mail comes in', () => mailFlows(path));
if (outbound !== undefined) await check('mail goes out', () => isWell('send-test', path, '--outbound', outbound));
for (const drift of driftsOf(fleet))
  await check(`${drift.host}: ${drift.title}: named exactly, repaired`, () => driftIsRepaired(drift));
await check('mail comes in after all that', () => mailFlows(path));
await check('keys rotate', () => isWell('rotate-keys', path));
await check('which leaves nothing to do', () => converged(path));
await check('mail comes in with the new keys', () => mailFlows(path));
await check('status finds nothing unwell', () => isWell('status', path));
if (variants) await runVariants(fleet, path);
if (doctor) await runDoctor(fleet, path);
if (cut !== undefined) await runPowerCuts(fleet, path, cut);
if (reboot) {
  for (const name of names) await check(`${name}: comes back by itself after a reboot`, () => comesBack(name));
  await check('mail comes in after the reboots', () => mailFlows(path));
}
for (const what of counts.notDone) console.log(`not done: ${what}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.notDone.length} not done`);
process.exitCode = counts.failed === 0 ? 0 : 1;
