import { execa } from 'execa';
import type { Lab, Printed } from './on-host.ts';

/** Runs mailtun as a user would; `inventory.yaml` among the words stands for the lab's own. */
export async function mailtun(lab: string, ...words: readonly string[]): Promise<Printed> {
  const { exitCode, stdout, stderr } = await started(lab, ...words);
  return { exit: exitCode ?? -1, stdout, stderr };
}

/** The same, still running. */
export const started = (lab: string, ...words: readonly string[]) =>
  execa('node', [process.env.MAILTUN ?? 'dist/mailtun.js', ...words.map(word => inventoryOf(lab, word))], {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: 200_000,
  });

const inventoryOf = (lab: string, word: string): string =>
  /^inventory(-[a-z]+)?\.yaml$/.test(word) ? `/var/tmp/mailtun-lab/${lab}/${word}` : word;

export interface ProvisionDocument {
  readonly command: string;
  readonly check: boolean;
  readonly hosts: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly changed: number;
    readonly unchanged: number;
    readonly roundTrips: number;
    readonly changes: readonly { task: string; resource: string; codes: string[]; why: string; applied: boolean }[];
    readonly error: { code: string; what: string; where: string; remedy: string } | null;
  }[];
  readonly totals: { readonly changed: number; readonly unchanged: number; readonly failed: number };
}

/** `provision --json` on the lab's inventory: its exit status and its document. */
export async function provisioned(
  lab: string,
  ...options: readonly string[]
): Promise<{ exit: number; document: ProvisionDocument; stderr: string }> {
  const { exit, stdout, stderr } = await mailtun(lab, 'provision', 'inventory.yaml', '--json', ...options);
  if (stdout === '') throw new Error(`mailtun provision ended with ${exit} and no document: ${stderr}`);
  return { exit, document: JSON.parse(stdout), stderr };
}

/** Waits until a line of sh(1) on a host exits 0. @throws Error after `seconds`. */
export async function eventually(lab: Lab, host: string, line: string, seconds = 30): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while ((await lab.on(host, line)).exit !== 0) {
    if (Date.now() > until) throw new Error(`${host}: not within ${seconds} s: ${line}`);
    await new Promise(resolve => setTimeout(resolve, 250));
  }
}
