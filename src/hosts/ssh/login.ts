/** An authenticated connection to a host: commands there, and connections from there to other hosts. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';
import type { Ending, ShellStreams } from '../shell/shell-streams.ts';
import { codeOf } from '../system-error.ts';
import { brokenLogin, type Destination } from './login-faults.ts';

/** A login, over which sessions and forwardings are opened. */
export interface Login {
  /** Resolves, and never rejects, when the login has ended, to how it ended. */
  readonly ended: Promise<string>;
  /** Starts a command. @throws Failure where sshd refuses. */
  exec(command: string): Promise<ShellStreams>;
  /** A connection from there to another host. @throws Failure where there is none. */
  forward(to: Destination): Promise<Duplex>;
  close(): Promise<void>;
}

/** How long the other side may take to answer a disconnect. */
const GOODBYE_MILLISECONDS = 500;

/** Makes a Login of a client. @param socket its transport, destroyed if the login fails or does not end. */
export function openLogin(destination: Destination, client: Client, socket: Duplex, timeoutSeconds: number): Login {
  let isOpen = true;
  let reason = 'the host closed the connection';
  let finish: (how: string) => void = () => {};
  const ended = new Promise<string>(resolve => {
    finish = how => {
      isOpen = false;
      resolve(how);
    };
  });
  client.on('error', error => {
    reason = endingOf(error);
    socket.destroy();
  });
  client.once('close', () => finish(reason));
  const opened = opening(ended, timeoutSeconds);
  return {
    ended,
    exec: async command =>
      opened(done => client.exec(command, done)).then(
        channel => streamsOf(channel, ended),
        (error: Error) => {
          throw noSession(destination, isOpen, error);
        },
      ),
    forward: async to =>
      opened(done => client.forwardOut('127.0.0.1', 0, to.hostname, to.port, done)).catch((error: Error) => {
        throw notForwarded(destination, to, error);
      }),
    async close() {
      if (!isOpen) return;
      client.end();
      await closed(socket, ended, finish);
    },
  };
}

/** Requests a channel, and waits for it. */
const opening =
  (ended: Promise<string>, timeoutSeconds: number) =>
  (ask: (done: (error: Error | undefined, channel: ClientChannel) => void) => void): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new Error(`no answer in ${timeoutSeconds} s`)), timeoutSeconds * 1000);
      const settle = (error: Error | undefined, channel?: ClientChannel): void => {
        clearTimeout(timer);
        if (error || !channel) reject(error);
        else resolve(channel);
      };
      void ended.then(how => settle(new Error(how)));
      ask(settle);
    });

/** Waits for the end of the login, for a limited time. */
async function closed(socket: Duplex, ended: Promise<string>, finish: (how: string) => void): Promise<void> {
  // A TCP socket can be closed without waiting for an answer, which would cost a round trip.
  if (isTcp(socket)) socket.destroySoon();
  const patience = setTimeout(() => {
    socket.destroy();
    finish('closed');
  }, GOODBYE_MILLISECONDS);
  await ended;
  clearTimeout(patience);
}

const isTcp = (stream: Duplex): stream is Socket => 'destroySoon' in stream;

function noSession(destination: Destination, isOpen: boolean, error: Error): Failure {
  if (!isOpen) return brokenLogin(destination, 'session', Buffer.alloc(0), error.message);
  return new Failure(
    'shell-refused',
    `sshd at ${destination.hostname} refuses a session (${oneLine(error.message)})`,
    destination.where,
    'check MaxSessions, ForceCommand, the login class of that user, the number of processes, and /var/log/authlog on the host',
  );
}

const notForwarded = ({ where }: Destination, to: Destination, error: Error): Failure =>
  new Failure(
    'jump-refused',
    `${where} does not connect to ${to.hostname} port ${to.port} (${oneLine(error.message)})`,
    to.where,
    `on ${where}: is AllowTcpForwarding on, and does "nc -z ${to.hostname} ${to.port}" answer?`,
  );

function streamsOf(channel: ClientChannel, loginEnded: Promise<string>): ShellStreams {
  let how = 'it was closed';
  channel.once('exit', (code: number | null, signal?: string) => {
    how = code === null ? `it was killed by ${signal ?? 'a signal'}` : `it ended with exit status ${code}`;
  });
  // A connection that breaks closes its channels at the same time; then its own reason counts.
  const shellEnded = new Promise<Ending>(resolve =>
    channel.once('close', () => setImmediate(() => resolve({ of: 'shell', how }))),
  );
  const connectionEnded = loginEnded.then((cause): Ending => ({ of: 'connection', how: cause }));
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended: Promise.race([connectionEnded, shellEnded]),
    close: async () => channel.close(),
  };
}

/** A host that does not answer three keepalives, 15 s apart, is gone and not just busy. */
export const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };

/** ssh2 gives up one interval after the last of them. */
const SILENT_SECONDS = ((KEEPALIVE.keepaliveCountMax + 1) * KEEPALIVE.keepaliveInterval) / 1000;

const endingOf = (error: Error): string => {
  if (codeOf(error) === 'ECONNRESET') return 'the connection was reset';
  // What ssh2 has instead of a code; of a login that has begun it is that of the keepalives alone.
  if ('level' in error && error.level === 'client-timeout')
    return `nothing was received from the host for ${SILENT_SECONDS} s`;
  return oneLine(error.message) ?? 'the connection broke';
};
