/** `ssh: local`: /bin/sh of this machine, used like that of any other host. */
import { execa } from 'execa';
import { type Ending, exitText, type ShellStreams } from './shell/shell-streams.ts';
import { codeOf } from './system-error.ts';

/** How long the shell may take to exit after the end of its input; then its process group is killed. */
const GOODBYE_MILLISECONDS = 500;

/**
 * Starts the shell, through `doas -n` where `become` says so, in a process group of its own, so that only mailtun gets an
 * interrupt from the terminal and can end the shell properly.
 */
export function localShell(become: 'doas' | null): ShellStreams {
  const [command, ...rest] = become === 'doas' ? (['doas', '-n', '/bin/sh'] as const) : (['/bin/sh'] as const);
  const shell = execa(command, rest, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
  });
  const ended = new Promise<Ending>(resolve => {
    const because = (how: string): void => resolve({ of: 'shell', how });
    shell.once('error', error => because(codeOf(error) === 'ENOENT' ? `${command}: not found` : error.message));
    shell.once('close', (exit, signal) => because(signal ? `it was killed by ${signal}` : exitText(exit)));
  });
  return {
    stdin: shell.stdin,
    stdout: shell.stdout,
    stderr: shell.stderr,
    ended,
    async close() {
      shell.stdin.end();
      const patience = setTimeout(() => endGroup(shell.pid), GOODBYE_MILLISECONDS);
      await ended;
      clearTimeout(patience);
    },
  };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has exited, or it is root's and exits at its next write to the pipe.
    if (!['ESRCH', 'EPERM'].includes(codeOf(error))) throw error;
  }
}
