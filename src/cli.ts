/** The command line: commands, options, exit status. What a command does is loaded when it is asked for. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { processTerminal } from './commands/process-terminal.ts';
import { EXIT } from './commands/terminal.ts';
import { Failure } from './engine/failure.ts';
import { version } from './version.ts';

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 9999 is wanted.');
}

/** The whole program. `done` takes the exit status. */
export function program(done: (status: number) => void): Command {
  const mailtun = new Command('mailtun')
    .description('Real SMTP delivery to a machine without a static address: OpenBSD, wg(4) and smtpd(8), over SSH.')
    .version(version, '--version')
    .helpCommand(false)
    .exitOverride();

  const reaching = (name: string, summary: string): Command =>
    mailtun
      .command(`${name} [INVENTORY]`)
      .description(summary)
      .option('--host NAME', 'only this host (repeatable)', collect)
      .option('--json', 'one JSON document on stdout')
      .option('--verbose', 'say more')
      .option('--no-color', 'no colours; NO_COLOR counts as well')
      .option('--concurrency N', 'hosts worked on at the same time', positive);

  reaching('provision', 'make every host as the inventory wants it')
    .option('--check', 'say what would change, change nothing')
    .option('--diff', 'show each change as a unified diff, secrets never')
    .option('--only TASK', 'only this task (repeatable)', collect)
    .option('--take-over', 'replace files that mailtun did not write; they are kept for undo')
    .action(async (inventory, options) => {
      const { provision } = await import('./commands/provision.ts');
      done(await provision(inventory, options, processTerminal(options)));
    });

  return mailtun;
}

/** Runs the program; resolves to its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.well;
  try {
    await program(code => {
      status = code;
    }).parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.well : EXIT.usage;
    if (!(error instanceof Failure) && (error as Error).name !== 'InventoryErrors') throw error;
    process.stderr.write(
      `mailtun: ${(error as Error).message}\n${error instanceof Failure ? `${error.remedy}\n` : ''}`,
    );
    return EXIT.usage;
  }
}
