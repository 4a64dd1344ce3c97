/** A remedy, taken from what mailtun says and typed. */
import { mailtun } from './mailtun.ts';
import type { Lab } from './on-host.ts';

/**
 * Types a remedy: `on HOST: COMMAND` there, as root, and `mailtun …` here. What is no command is not typed: that has to
 * be done by hand, as the remedy says.
 */
export async function typed(lab: Lab, name: string, remedy: string): Promise<void> {
  // Of two ways the first one; what is put behind "then" is typed after it.
  for (const step of remedy.split(/; or |, or /)[0]?.split(/[;,] then /) ?? []) {
    const [, host, command] = /^on ([a-z]+): (.+)$/s.exec(step) ?? [];
    if (host !== undefined && command !== undefined) {
      const { exit, stderr } = await lab.on(host, command);
      if (exit !== 0) throw new Error(`${step}\nexited ${exit}: ${stderr}`);
      continue;
    }
    const [program, ...words] = step.split(' ');
    if (program !== 'mailtun' || words.length === 0) throw new Error(`this is nothing to type: ${step}`);
    const { exit, stdout, stderr } = await mailtun(name, ...words);
    if (exit !== 0) throw new Error(`${step}\nexited ${exit}: ${stdout}${stderr}`);
  }
}
