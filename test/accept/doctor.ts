/** Runs doctor's table of faults: each is made, named, and gone again. */
import type { Fleet } from '../../src/hosts/fleet.ts';
import { check, counts, NotHere } from './checks.ts';
import { type Deed, type Fault, faultsOf, NOT_THESE } from './faults.ts';
import { mailtun, onHost } from './hosts.ts';
import { isWell } from './runs.ts';

const asleep = new Int32Array(new SharedArrayBuffer(4));

/** @throws NotHere where a host does not do what the fault is made of. */
function make(fleet: Fleet, deeds: readonly Deed[]): void {
  for (const [host, line] of deeds) {
    const ran = onHost(fleet, host, line);
    if (ran.exit !== 0) throw new NotHere(`could not be made on ${host}: ${ran.stderr.trim().slice(-300)}`);
  }
}

/** What has been repaired may take smtpd and the tunnel some seconds to find out. */
function isHealthySoon(path: string): void {
  const until = Date.now() + 60_000;
  for (;;) {
    const ran = mailtun('status', path, '--json');
    if (ran.exit === 0) return;
    if (Date.now() > until) throw new Error(`not well after it was taken back: ${ran.stdout.slice(0, 2000)}`);
    Atomics.wait(asleep, 0, 0, 2000);
  }
}

function isNamed(path: string, { codes }: Fault): void {
  const ran = mailtun('doctor', path, '--json');
  const { first } = JSON.parse(ran.stdout) as { first: { code: string; what: string; evidence: string } | null };
  if (ran.exit !== 2 || !codes.includes(first?.code ?? ''))
    throw new Error(`exit ${ran.exit}, ${JSON.stringify(first)}; wanted ${codes.join(' or ')}`);
}

export async function runDoctor(fleet: Fleet, path: string): Promise<void> {
  counts.notDone.push(...NOT_THESE.map(what => `doctor: ${what}`));
  for (const fault of faultsOf(fleet))
    await check(`doctor: ${fault.title}: named, and well when it is gone`, () => {
      try {
        make(fleet, fault.make);
        isNamed(path, fault);
      } finally {
        for (const [host, line] of fault.repair) onHost(fleet, host, line);
        mailtun('status', path, '--acknowledge');
        isHealthySoon(path);
      }
    });
  await check('doctor: all of it is as it was', () => isWell('provision', path, '--check'));
}
