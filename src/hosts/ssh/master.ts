/**
 * A shell over a master connection that ssh(1) keeps (ControlPath of ssh_config): ssh itself opens the session, for the
 * socket takes file descriptors, which only a program can hand over. mailtun never makes a master.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { oneLine } from '../shell/one-line.ts';
import type { Ending, ShellStreams } from '../shell/shell-streams.ts';
import type { SshConfig, SshWords } from './configuration.ts';
import { sshOptions } from './ssh-config.ts';

/** Whether a master listens there. It may still be one whose host is gone. */
export const isAlive = (controlPath: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ path: controlPath });
    const settle = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });

/**
 * Arguments of ssh(1): over the master or not at all (a ProxyCommand that fails keeps it from connecting by itself),
 * nobody is asked for anything, and nothing but this session comes of it, whatever the configuration says.
 * @param configFile as `ssh -F`.
 */
export const masterWords = (
  { controlPath, sessionOptions }: Pick<SshConfig, 'controlPath' | 'sessionOptions'>,
  target: SshWords,
  command: string,
  configFile?: string,
): string[] => [
  ...(configFile === undefined ? [] : ['-F', configFile]),
  ...['-T', '-a', '-x', '-S', controlPath ?? 'none'],
  ...[
    'BatchMode=yes',
    'ControlMaster=no',
    'ProxyCommand=false',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'LogLevel=ERROR',
    ...sessionOptions,
  ].flatMap(option => ['-o', option]),
  ...sshOptions(target),
  '--',
  target.host,
  command,
];

/** What ssh(1) ends with where the fault is its own, and not the command's. */
const SSH_FAILED = 255;

/** Starts ssh(1) in a process group of its own: an interrupt typed on the terminal is for mailtun. */
export function masterShell(words: readonly string[]): ShellStreams {
  const ssh = spawn('ssh', words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let said: Buffer = Buffer.alloc(0);
  ssh.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-500);
  });
  const ended = new Promise<Ending>(resolve => {
    ssh.once('error', error => resolve({ of: 'connection', how: error.message }));
    ssh.once('close', (exit, signal) => {
      if (exit === SSH_FAILED || signal !== null)
        resolve({
          of: 'connection',
          how: `the master connection of ssh ended: ${oneLine(said) ?? signal ?? 'exit 255'}`,
        });
      else resolve({ of: 'shell', how: `it ended with exit status ${exit}` });
    });
  });
  return {
    stdin: ssh.stdin,
    stdout: ssh.stdout,
    stderr: ssh.stderr,
    ended,
    async close() {
      ssh.stdin.end();
      // The master closes the channel then. It has the pipes, too, and closes them when the host has answered that: to
      // wait for them, or for the shell's own end, would cost a round trip.
      if (ssh.exitCode === null && ssh.signalCode === null) ssh.kill();
      ssh.stdout.destroy();
      ssh.stderr.destroy();
      await ended;
    },
  };
}
