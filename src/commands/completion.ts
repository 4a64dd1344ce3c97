import { bash, fish, korn, type Option, type ProgramWords, type Values, zsh } from '../report/completion-scripts.ts';
import { Failure } from '../run/failure.ts';
import { allTasks } from '../tasks/all.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** The part of commander's Command that a completion needs. */
interface Described {
  name(): string;
  description(): string;
  readonly commands: readonly Described[];
  readonly options: readonly { readonly long?: string | null; readonly flags: string; readonly description: string }[];
}

const SCRIPTS = { sh: korn, ksh: korn, bash, zsh, fish } as const;

/** The shells for which there is a completion. */
export const SHELLS = Object.keys(SCRIPTS);

const VALUES: Values = { TASK: allTasks.map(task => task.name), completion: SHELLS };

/** Prints a script that makes a shell complete commands and options. Returns the exit status. @throws Failure */
export function completion(shell: string, program: Described, terminal: Terminal): number {
  if (!isKnown(shell))
    throw new Failure('usage', `"${shell}" is not a known shell`, 'completion', `one of ${SHELLS.join(', ')}`);
  terminal.out(SCRIPTS[shell](wordsOf(program), VALUES));
  return EXIT.well;
}

const isKnown = (shell: string): shell is keyof typeof SCRIPTS => Object.hasOwn(SCRIPTS, shell);

/** Commands and options of the program, as a completion needs them. */
export const wordsOf = (program: Described): ProgramWords => ({
  program: program.name(),
  options: optionsOf(program.options),
  commands: program.commands.map(command => ({
    name: command.name(),
    summary: command.description(),
    options: optionsOf([...command.options, ...commonOptions(program)]),
  })),
});

const optionsOf = (options: Described['options']): readonly Option[] =>
  options.flatMap(({ long, flags, description }) =>
    long ? [{ long, value: /[A-Z]+/.exec(flags)?.[0] ?? null, summary: description }] : [],
  );

/** The options that every command has. */
const commonOptions = ({ options }: Described): Described['options'] => options.filter(one => one.long !== '--version');
