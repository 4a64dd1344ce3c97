/** Scripts that make a shell complete commands and options. Pure. */

/** The commands and options of the program. */
export interface ProgramWords {
  readonly program: string;
  /** Those that may precede the command; they are also in the list of each command. */
  readonly options: readonly Option[];
  readonly commands: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: readonly Option[];
  }[];
}

/** An option and its summary. */
export interface Option {
  /** `--host`. */
  readonly long: string;
  /** `NAME`; null for an option without a value. */
  readonly value: string | null;
  readonly summary: string;
}

/** Possible values: of an option by the name in its help (`TASK`), of a command's argument by the command's name. */
export type Values = Readonly<Record<string, readonly string[]>>;

const longs = (options: readonly Option[]): string => options.map(option => option.long).join(' ');

/** A completion for OpenBSD's ksh(1), which uses an array for the first word and one for the others. */
export const korn = ({ program, commands }: ProgramWords): string => `# mailtun: for ~/.kshrc
set -A complete_${program}_1 -- ${commands.map(command => command.name).join(' ')}
set -A complete_${program} -- ${[...new Set(commands.flatMap(command => command.options.map(one => one.long)))].join(' ')}
`;

/** A completion for bash(1). */
export const bash = ({ program, options, commands }: ProgramWords, values: Values): string => `# mailtun: for ~/.bashrc
_${program}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case $each in ${commands.map(command => command.name).join('|')}) command=$each; break ;; esac
  done
  case $before in
${valued(commands, values)
  .map(([option, words]) => `  ${option}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")); return ;;`)
  .join('\n')}
  esac
  case $word,$command in
  -*,) COMPREPLY=($(compgen -W '${longs(options)}' -- "$word")) ;;
  *,) COMPREPLY=($(compgen -W '${commands.map(command => command.name).join(' ')}' -- "$word")) ;;
${commands.map(command => `  -*,${command.name}) COMPREPLY=($(compgen -W '${longs(command.options)}' -- "$word")) ;;`).join('\n')}
${argumentsOf(commands, values)
  .map(([command, words]) => `  *,${command}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")) ;;`)
  .join('\n')}
  *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _${program} ${program}
`;

/** A completion for zsh(1). */
export const zsh = ({ program, options, commands }: ProgramWords, values: Values): string => `#compdef ${program}
# mailtun: save it as _${program} in a folder of $fpath
_${program}() {
  local state line
  local -A opt_args
  local -a commands=(
${commands.map(command => `    ${quoted(`${command.name}:${command.summary}`, "'\\''")}`).join('\n')}
  )
  _arguments -C ${options.map(option => zshOption(option, values)).join(' ')} '1:command:->command' '*::word:->words'
  case $state,$words[1] in
  command,*) _describe command commands ;;
${commands.map(command => `  words,${command.name})\n    _arguments ${command.options.map(option => zshOption(option, values)).join(' ')} ${zshArgument(command.name, values)} ;;`).join('\n')}
  esac
}
_${program} "$@"
`;

/** How zsh completes the value of an option, by the name in its help. */
const zshValues = (value: string, values: Values): string => {
  if (values[value]) return `(${values[value].join(' ')})`;
  return { FILE: '_files', DIR: '_files -/' }[value] ?? '';
};

const zshOption = ({ long, value, summary }: Option, values: Values): string => {
  const words = value === null ? '' : `:${value}:${zshValues(value, values)}`;
  return quoted(`*${long}[${summary.replaceAll(/[[\]:]/g, '')}]${words}`, "'\\''");
};

const zshArgument = (command: string, values: Values): string =>
  values[command] ? quoted(`1:word:(${values[command].join(' ')})`, "'\\''") : '\'*:inventory:_files -g "*.y(a|)ml"\'';

/** A completion for fish(1). */
export const fish = ({ program, commands }: ProgramWords, values: Values): string => {
  const line = (...words: readonly string[]): string => ['complete', '-c', program, ...words].join(' ');
  const describe = (summary: string): string => `-d ${quoted(summary, "\\'")}`;
  const within = (command: string): string => `-n '__fish_seen_subcommand_from ${command}'`;
  return `# mailtun: save it as ~/.config/fish/completions/${program}.fish
${[
  ...commands.map(({ name, summary }) => line('-n __fish_use_subcommand -f', `-a ${name}`, describe(summary))),
  ...commands.flatMap(({ name, options }) =>
    options.map(({ long, value, summary }) => {
      const words = value === null ? [] : ['-r', ...(values[value] ? [`-f -a '${values[value].join(' ')}'`] : [])];
      return line(within(name), `-l ${long.slice(2)}`, ...words, describe(summary));
    }),
  ),
  ...argumentsOf(commands, values).map(([command, words]) => line(within(command), `-f -a '${words.join(' ')}'`)),
].join('\n')}
`;
};

/** Options with known values. */
const valued = (
  commands: ProgramWords['commands'],
  values: Values,
): readonly (readonly [string, readonly string[]])[] => [
  ...new Map(
    commands.flatMap(command =>
      command.options.flatMap(({ long, value }) => {
        const words = value === null ? undefined : values[value];
        return words ? [[long, words] as const] : [];
      }),
    ),
  ),
];

/** Commands whose argument has known values. */
const argumentsOf = (
  commands: ProgramWords['commands'],
  values: Values,
): readonly (readonly [string, readonly string[]])[] =>
  commands.flatMap(({ name }) => (values[name] ? [[name, values[name]] as const] : []));

const quoted = (text: string, mark: string): string => `'${text.replaceAll("'", mark)}'`;
