/** The command line: commands, options, exit status. What a command does is loaded when it is asked for. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { DnsOptions } from './commands/dns.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { InitOptions } from './commands/init.ts';
import type { ProvisionOptions } from './commands/make-wanted.ts';
import { processTerminal } from './commands/process-terminal.ts';
import type { RenderOptions } from './commands/render.ts';
import type { RotateOptions } from './commands/rotate-keys.ts';
import type { SendTestOptions } from './commands/send-test.ts';
import type { StatusOptions } from './commands/standing.ts';
import { EXIT } from './commands/terminal.ts';
import type { UndoOptions } from './commands/undo-plan.ts';
import { type BadInventory, failureJson, failureText, isBadInventory, type Told } from './report/failure.ts';
import { Failure } from './run/failure.ts';
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
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .option('--host <NAME>', 'only this host (repeatable)', collect)
    .option('--json', 'one JSON document on stdout')
    .option('--verbose', 'every move, with the seconds since the start')
    .option('--no-color', 'no colours; NO_COLOR counts as well')
    .option('--concurrency <N>', 'hosts worked on at the same time', positive);

  const reaching = (name: string, summary: string): Command =>
    mailtun.command(`${name} [INVENTORY]`).description(summary);

  reaching('provision', 'make every host as the inventory wants it')
    .option('--check', 'say what would change, change nothing')
    .option('--diff', 'show each change as a unified diff, secrets never')
    .option('--only <TASK>', 'only this task (repeatable)', collect)
    .option('--take-over', 'replace files that mailtun did not write; they are kept for undo')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ProvisionOptions>();
      const { provision } = await import('./commands/provision.ts');
      done(await provision(inventory, options, processTerminal(options)));
    });

  reaching('status', 'how things stand: hosts, tunnel, mail queues, certificates, drift')
    .option('--watch [SECONDS]', 'look again and again, every 10 seconds where no number is given', positive)
    .option('--acknowledge', 'note that the lost mail it reports is known')
    .option('--since <FILE>', 'say only what has changed since the last time, which stands in FILE')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>();
      const { status } = await import('./commands/status.ts');
      done(await status(inventory, options, processTerminal(options)));
    });

  reaching('doctor', 'why mail does not flow: the first broken thing on its way, the evidence and the remedy')
    .option('--why <ADDRESS>', 'what the mail log says of a sender, a domain or a client: refused, and why')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>();
      const { doctor } = await import('./commands/doctor.ts');
      done(await doctor(inventory, options, processTerminal(options)));
    });

  reaching('send-test', 'send a test message, trace it to the maildir, delete it')
    .option('--to <ADDRESS>', 'the recipient; the first one of the inventory where not given')
    .option('--from-here', 'hand it in from this machine, not from the relay')
    .option('--outbound <ADDRESS>', 'the other way: to this address outside')
    .option('--timeout <SECONDS>', 'how long it may take: 60', positive)
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<SendTestOptions>();
      const { sendTest } = await import('./commands/send-test.ts');
      done(await sendTest(inventory, options, processTerminal(options)));
    });

  reaching('rotate-keys', 'new WireGuard keys on every tunnel, proven by a handshake or taken back')
    .option('--check', 'say whose keys would be changed, change nothing')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RotateOptions>();
      const { rotateKeys } = await import('./commands/rotate-keys.ts');
      done(await rotateKeys(inventory, options, processTerminal(options)));
    });

  reaching('dns', 'print the public DNS records that the inventory wants, as zone file text')
    .option('--check', 'compare with what DNS answers where the relay asks')
    .option('--drop <SELECTOR>', 'forget the old DKIM key of this selector, and its record')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<DnsOptions>();
      const { dns } = await import('./commands/dns.ts');
      done(await dns(inventory, options, processTerminal(options)));
    });

  mailtun
    .command('init')
    .description('write a first inventory from these options, what the hosts show, and on a terminal a few questions')
    .option('--domain <NAME>', 'mail domain (repeatable)', collect)
    .option('--recipient <LOCAL=LOGIN>', 'who gets whose mail: postmaster=ana (repeatable)', collect)
    .option('--relay <SSH>', 'the machine with static addresses, as you would type it after ssh')
    .option('--address <ADDRESS>', 'a static address of the relay (repeatable)', collect)
    .option('--endpoint <ADDRESS>', 'where the gateway sends its wg packets')
    .option('--mx <NAME>', 'a name that mail comes in under (repeatable)', collect)
    .option('--outbound <NAME>', 'the name that mail goes out under')
    .option('--gateway <SSH>', 'the machine at home, as you would type it after ssh')
    .option('--workstation <SSH>', 'the machine that delivers, where the gateway does not')
    .option('--gateway-lan <NAME=ADDRESS>', "the gateway's name, which may be left out, and address in the LAN")
    .option('--workstation-lan <NAME=ADDRESS>', "the workstation's name, which may be left out, and address in the LAN")
    .option('--tunnel <PREFIX>', "the tunnel's network")
    .option('--out <FILE>', 'where to write it', 'inventory.yaml')
    .option('--force', 'replace a file that is there')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      const { init } = await import('./commands/init.ts');
      done(await init(options, processTerminal(options)));
    });

  mailtun
    .command('schema')
    .description("print the inventory's JSON Schema")
    .action(async () => {
      const { schemaText } = await import('./commands/schema.ts');
      processTerminal({}).out(schemaText());
      done(EXIT.well);
    });

  reaching('undo', 'put back what the last run replaced')
    .option('--check', 'say what would be put back, change nothing')
    .option('--diff', 'with --check: show each file as a unified diff, secrets never')
    .option('--all', 'take away everything that mailtun ever put there, but for keys')
    .option('--keys', 'with --all: the keys as well')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<UndoOptions>();
      const { undo } = await import('./commands/undo.ts');
      done(await undo(inventory, options, processTerminal(options)));
    });

  mailtun
    .command('render [INVENTORY]')
    .description('write every file that provision would install, by host; contact no host')
    .requiredOption('--out <DIR>', 'where to: a new or an empty folder, or that of an earlier render')
    .action(async (inventory: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RenderOptions>();
      const { render } = await import('./commands/render.ts');
      done(await render(inventory, options, processTerminal(options)));
    });

  mailtun
    .command('completion <SHELL>')
    .description('print what makes a shell complete commands and options')
    .action(async shell => {
      const { completion } = await import('./commands/completion.ts');
      done(completion(shell, mailtun, processTerminal({})));
    });

  return mailtun;
}

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
    const failure = toldBy(error);
    if (failure === null) throw error;
    // Commander has told people already.
    if (failure === error) process.stderr.write(failureText(failure));
    if (argv.includes('--json'))
      process.stdout.write(`${JSON.stringify(failureJson(named(argv, mailtun), failure))}\n`);
    return EXIT.usage;
  }
}

/** Null for a bug. */
function toldBy(error: unknown): Told | BadInventory | null {
  if (error instanceof CommanderError) {
    const what = error.code === 'commander.help' ? 'no command was given' : error.message.replace(/^error: /, '');
    return { what, where: 'mailtun', remedy: 'mailtun --help lists the commands' };
  }
  return error instanceof Failure || isBadInventory(error) ? error : null;
}

/** The command that the words name: the first that is neither an option nor an option's value; null for none of ours. */
export function named(argv: readonly string[], mailtun = program(() => {})): string | null {
  const takesNext = (word: string): boolean =>
    mailtun.options.some(option => option.required && (option.long === word || option.short === word));
  let word = 2;
  while (argv[word]?.startsWith('-') && argv[word] !== '--') word += takesNext(argv[word] ?? '') ? 2 : 1;
  const first = argv[argv[word] === '--' ? word + 1 : word];
  return mailtun.commands.find(command => command.name() === first)?.name() ?? null;
}
