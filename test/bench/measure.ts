/** Times whole programs, as a person at a terminal would see them. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Run {
  readonly exit: number;
  readonly milliseconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

export interface Program {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Runs it to its end, ten minutes at most. What it leaves running with its output open, as ssh does with ControlPersist,
 * is not waited for. @param onStart gets its process id.
 */
export const timed = (program: Program, onStart: (pid: number) => void = () => {}): Promise<Run> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = program.words;
    const started = performance.now();
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...program.env },
      cwd: program.cwd ?? process.cwd(),
      timeout: 600_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', chunk => {
      stdout += chunk;
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('spawn', () => onStart(child.pid ?? 0));
    child.once('exit', exit => {
      const milliseconds = performance.now() - started;
      const left = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
      }, 1000);
      child.once('close', () => {
        clearTimeout(left);
        resolve({ exit: exit ?? -1, milliseconds, stdout, stderr });
      });
    });
  });

/** @throws Error for any other exit status than `wanted`. */
export async function mustExit(program: Program, wanted = 0): Promise<Run> {
  const run = await timed(program);
  if (run.exit === wanted) return run;
  throw new Error(
    `${program.words.join(' ')} exited ${run.exit}\n${run.stdout.slice(-2000)}${run.stderr.slice(-2000)}`,
  );
}

/** Runs it to its end, and looks every 10 ms how much memory it and its children hold together: the most of it, in MB. */
export async function watched(program: Program): Promise<Run & { readonly megabytes: number }> {
  let peak = 0;
  let watch: NodeJS.Timeout | undefined;
  const run = await timed(program, pid => {
    watch = setInterval(() => {
      peak = Math.max(
        peak,
        family(pid).reduce((sum, one) => sum + peakOf(one), 0),
      );
    }, 10);
  });
  clearInterval(watch);
  return { ...run, megabytes: peak / 1024 };
}

function family(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '));
    return [pid, ...children.filter(child => child !== '').flatMap(child => family(Number(child)))];
  } catch {
    return [];
  }
}

/** VmHWM of proc(5), in kB; 0 once it is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: middle(sorted), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0, runs: sorted.length };
}

const middle = (sorted: readonly number[]): number =>
  ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;

/** How many times as long as the other one: the median over the rounds, in each of which both ran one after the other. */
export const ratio = (times: readonly number[], floor: readonly number[]): Spread =>
  spread(times.flatMap((time, round) => (floor[round] ? [time / floor[round]] : [])));

/** Runs each of them once in every round, so that what disturbs the machine disturbs all of them. First a round for nothing. */
export async function rounds<K extends string>(
  count: number,
  programs: Readonly<Record<K, () => Promise<number>>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(programs) as K[];
  const times = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>;
  for (const name of names) await programs[name]();
  for (let round = 0; round < count; round += 1) for (const name of names) times[name].push(await programs[name]());
  return times;
}
