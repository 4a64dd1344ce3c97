/**
 * A shell over a master connection of ssh(1) (ControlPath of ssh_config). ssh itself opens the session, because the
 * socket expects file descriptors, which Node cannot pass. mailtun never starts a master.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { oneLine } from '../shell/one-line.ts';
import { type Ending, exitText, type ShellStreams } from '../shell/shell-streams.ts';
import type { SshConfig, SshWords } from './configuration.ts';
import { sshOptions } from './ssh-config.ts';

/** Whether a master listens there. Its host may be unreachable all the same. */
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
 * Arguments of ssh(1) with which it uses the master or fails (a ProxyCommand that fails keeps it from connecting), asks
 * nobody for anything, and opens nothing but this session, whatever the configuration says.
 * @param configFile as for `ssh -F`.
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

/** How long ssh(1) may take to end after SIGTERM; it needs a few milliseconds. */
const CLOSE_MILLISECONDS = 2000;

/** The exit status of ssh(1) for its own errors. */
const SSH_FAILED = 255;

/** Starts ssh(1) in a process group of its own, so that only mailtun gets an interrupt from the terminal. */
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
      else resolve({ of: 'shell', how: exitText(exit) });
    });
  });
  return {
    stdin: ssh.stdin,
    stdout: ssh.stdout,
    stderr: ssh.stderr,
    ended,
    async close() {
      ssh.stdin.end();
      // The master then closes the channel. It also has the pipes, and closes them when the host has answered; waiting
      // for that, or for the end of the shell, would cost a round trip.
      if (ssh.exitCode === null && ssh.signalCode === null) ssh.kill();
      ssh.stdout.destroy();
      ssh.stderr.destroy();
      // A signal just before ssh reads from the master is only seen when that answers (mux.c).
      const deadline = setTimeout(() => ssh.kill('SIGKILL'), CLOSE_MILLISECONDS);
      await ended;
      clearTimeout(deadline);
    },
  };
}
