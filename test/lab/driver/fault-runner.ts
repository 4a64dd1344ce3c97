/**
 * A rotation of keys that something happens to: at the moment a line of its progress appears, before the step it
 * announces, a command is run, or the process kills itself. Started by rotate.test.ts, as a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { rotateKeys } from '../../../src/commands/rotate-keys.ts';

export interface Fault {
  readonly inventory: string;
  /** Seconds for which a host waits for the confirmation. */
  readonly seconds: number;
  /** `carinho: switches to the new keys`; null: nothing happens. */
  readonly at: string | null;
  /** Null: SIGKILL. */
  readonly run: readonly string[] | null;
  /** How long after the line the kill comes: time enough for the step to be sent, or to be done. */
  readonly afterMilliseconds: number;
}

const fault: Fault = JSON.parse(process.argv[2] ?? '{}');

const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

let happened = fault.at === null;

const happens = (text: string): void => {
  process.stdout.write(text);
  // Each line has its time before it.
  if (text.trim().replace(/^[\d.]+ s /, '') !== fault.at) return;
  happened = true;
  const [program, ...words] = fault.run ?? [];
  if (program !== undefined) execFileSync(program, words, { stdio: 'ignore', timeout: 60_000 });
  else if (fault.afterMilliseconds === 0) kill();
  else setTimeout(kill, fault.afterMilliseconds);
};

process.exitCode = await rotateKeys(
  fault.inventory,
  { verbose: true },
  {
    out: happens,
    err: text => process.stderr.write(text),
    interactive: false,
    confirm: async () => false,
    env: process.env,
    cwd: process.cwd(),
  },
  fault.seconds,
);
if (!happened) throw new Error(`no line of the run's progress was "${fault.at}"`);
