/** The command line: runs the program, and prints its errors. */
import { CommanderError } from 'commander';
import { print } from './commands/reported.ts';
import { EXIT } from './commands/terminal.ts';
import { program } from './program.ts';
import { type BadInventory, failureJson, failureText, isBadInventory, type ReportedFailure } from './report/failure.ts';
import { Failure } from './run/failure.ts';

/** Runs the program; resolves to its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.well;
  const mailtun = program(code => {
    status = code;
  });
  try {
    await mailtun.parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.well;
    const failure = reportedBy(error);
    if (failure === null) throw error;
    // Commander has already printed it.
    if (failure === error) process.stderr.write(failureText(failure));
    if (argv.includes('--json')) print(`${JSON.stringify(failureJson(named(argv, mailtun), failure))}\n`);
    return EXIT.usage;
  }
}

/** What to report about an error; null for a bug. */
function reportedBy(error: unknown): ReportedFailure | BadInventory | null {
  if (error instanceof CommanderError) {
    const what = error.code === 'commander.help' ? 'no command was given' : error.message.replace(/^error: /, '');
    return { code: 'usage', what, where: 'mailtun', remedy: 'mailtun --help lists the commands' };
  }
  return error instanceof Failure || isBadInventory(error) ? error : null;
}

/** The command of a command line: the first word that is neither an option nor its value; null for an unknown one. */
export function named(argv: readonly string[], mailtun = program(() => {})): string | null {
  const takesNext = (word: string): boolean =>
    mailtun.options.some(option => option.required && (option.long === word || option.short === word));
  let word = 2;
  while (argv[word]?.startsWith('-') && argv[word] !== '--') word += takesNext(argv[word] ?? '') ? 2 : 1;
  const first = argv[argv[word] === '--' ? word + 1 : word];
  return mailtun.commands.find(command => command.name() === first)?.name() ?? null;
}
