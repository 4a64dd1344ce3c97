/** The commands and their options. The code of a command is loaded when the command is run. */
import { Command, InvalidArgumentError } from 'commander';
import type { InitOptions } from './commands/init.ts';
import { processTerminal } from './commands/process-terminal.ts';
import { type Act, type CommonOptions, EXIT } from './commands/terminal.ts';
import { version } from './version.ts';

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 1 to 9999.');
}
function path(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Write the path of a file or a directory.');
}

/** The whole program. `done` is called with the exit status. */
export function program(done: Done): Command {
  const mailtun = new Command('mailtun')
    .description('Real SMTP delivery to a machine without a static address: OpenBSD, wg(4) and smtpd(8), over SSH.')
    .version(version, '--version')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .option('--host <NAME>', 'only this host (repeatable)', collect)
    .option('--json', 'print one JSON document on stdout')
    .option('--verbose', 'show every step, with the seconds since the start')
    .option('--no-color', 'do not use colours, as with NO_COLOR')
    .option('--concurrency <N>', 'work on at most N hosts at the same time', positive);
  for (const add of COMMANDS) add(mailtun, done);
  return mailtun;
}

type Done = (status: number) => void;

const reaching = (mailtun: Command, name: string, summary: string): Command =>
  mailtun.command(`${name} [INVENTORY]`).description(summary);

/** Loads a command and runs it, with its own options and the global ones. */
const acting =
  <Options extends CommonOptions>(load: () => Promise<Act<Options>>, done: Done) =>
  async (inventory: string | undefined, _: unknown, command: Command): Promise<void> => {
    const options = command.optsWithGlobals<Options>();
    const act = await load();
    done(await act(inventory, options, processTerminal(options)));
  };

function provision(mailtun: Command, done: Done): void {
  reaching(mailtun, 'provision', 'bring every host into the state that the inventory describes')
    .option('--check', 'show what would change, change nothing')
    .option('--diff', 'show each change as a unified diff, secrets never')
    .option('--only <TASK>', 'only this task (repeatable)', collect)
    .option('--take-over', 'replace files that mailtun did not write; they are kept for undo')
    .action(acting(async () => (await import('./commands/provision.ts')).provision, done));
}

function status(mailtun: Command, done: Done): void {
  reaching(
    mailtun,
    'status',
    'show the state of hosts, tunnel, mail queues and certificates, and differences from the inventory',
  )
    .option('--watch [SECONDS]', 'repeat at this interval; the default is 10', positive)
    .option('--acknowledge', 'record that the lost mail it reports is known')
    .option('--since <FILE>', 'report only what has changed since the last run, as recorded in FILE', path)
    .action(acting(async () => (await import('./commands/status.ts')).status, done));
}

function doctor(mailtun: Command, done: Done): void {
  reaching(mailtun, 'doctor', 'find out why mail does not flow: the first fault on its path, the evidence and the fix')
    .option('--why <ADDRESS>', 'show what was refused from a sender, a domain or a client, and why')
    .action(acting(async () => (await import('./commands/doctor.ts')).doctor, done));
}

function sendTest(mailtun: Command, done: Done): void {
  reaching(mailtun, 'send-test', 'send a test message, trace it to the maildir, delete it')
    .option('--to <ADDRESS>', 'the recipient; the default is the first one in the inventory')
    .option('--from-here', 'send it from this machine, not from the relay')
    .option('--outbound <ADDRESS>', 'send it in the other direction, to this address on the internet')
    .option('--timeout <SECONDS>', 'wait this long at most; the default is 60', positive)
    .action(acting(async () => (await import('./commands/send-test.ts')).sendTest, done));
}

function rotateKeys(mailtun: Command, done: Done): void {
  reaching(mailtun, 'rotate-keys', 'give every tunnel new WireGuard keys, verified by a handshake or rolled back')
    .option('--check', 'show whose keys would change, change nothing')
    .action(acting(async () => (await import('./commands/rotate-keys.ts')).rotateKeys, done));
}

function dns(mailtun: Command, done: Done): void {
  reaching(mailtun, 'dns', 'print the public DNS records that the inventory needs, as zone file text')
    .option('--check', 'compare with the answers that the relay gets from DNS')
    .option('--drop <SELECTOR>', 'first delete the old DKIM key of this selector')
    .action(acting(async () => (await import('./commands/dns.ts')).dns, done));
}

function init(mailtun: Command, done: Done): void {
  mailtun
    .command('init')
    .description('write a first inventory from these options, the hosts themselves, and on a terminal a few questions')
    .option('--domain <NAME>', 'mail domain (repeatable)', collect)
    .option(
      '--recipient <LOCAL=LOGIN>',
      'the login that gets the mail of a local part, as in postmaster=ana (repeatable)',
      collect,
    )
    .option('--relay <SSH>', 'the machine with static addresses, as typed after ssh')
    .option('--address <ADDRESS>', 'a static address of the relay (repeatable)', collect)
    .option('--endpoint <ADDRESS>', 'the address to which the gateway sends its WireGuard packets')
    .option('--mx <NAME>', 'a name under which mail is received (repeatable)', collect)
    .option('--outbound <NAME>', 'the name under which mail is sent')
    .option('--gateway <SSH>', 'the machine at home, as typed after ssh')
    .option('--workstation <SSH>', 'the machine that delivers mail, if that is not the gateway')
    .option('--gateway-lan <NAME=ADDRESS>', "the gateway's name, which is optional, and address in the LAN")
    .option('--workstation-lan <NAME=ADDRESS>', "the workstation's name, which is optional, and address in the LAN")
    .option('--tunnel <PREFIX>', 'the network of the tunnel')
    .option('--out <FILE>', 'the file to write', path, 'inventory.yaml')
    .option('--force', 'replace an existing file')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      const { init } = await import('./commands/init.ts');
      done(await init(options, processTerminal(options)));
    });
}

function schema(mailtun: Command, done: Done): void {
  mailtun
    .command('schema')
    .description("print the inventory's JSON Schema")
    .action(async () => {
      const { schemaText } = await import('./commands/schema.ts');
      processTerminal({}).out(schemaText());
      done(EXIT.well);
    });
}

function undo(mailtun: Command, done: Done): void {
  reaching(mailtun, 'undo', 'restore what the last run replaced')
    .option('--check', 'show what would be restored, change nothing')
    .option('--diff', 'with --check: show each file as a unified diff, secrets never')
    .option('--all', 'remove everything that mailtun ever installed, except for keys')
    .option('--keys', 'with --all: remove the keys as well')
    .action(acting(async () => (await import('./commands/undo.ts')).undo, done));
}

function render(mailtun: Command, done: Done): void {
  mailtun
    .command('render [INVENTORY]')
    .description('write every file that provision would install, by host; contact no host')
    .requiredOption('--out <DIR>', 'a new or empty directory, or one that render has written before', path)
    .action(acting(async () => (await import('./commands/render.ts')).render, done));
}

function completion(mailtun: Command, done: Done): void {
  mailtun
    .command('completion <SHELL>')
    .description('print a script that makes a shell complete commands and options')
    .action(async shell => {
      const { completion } = await import('./commands/completion.ts');
      done(completion(shell, mailtun, processTerminal({})));
    });
}

const COMMANDS = [provision, status, doctor, sendTest, rotateKeys, dns, init, schema, undo, render, completion];
