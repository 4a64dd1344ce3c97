/** The transport of a login: TCP, or a ProxyCommand of ssh_config(5). */
import { spawn } from 'node:child_process';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Failure } from '../../run/failure.ts';
import { oneLine } from '../shell/one-line.ts';
import { type Destination, unreachable } from './login-faults.ts';

/** The ssh_config(5) settings of a TCP connection. */
interface TcpOptions {
  /** 0: either. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
  readonly timeoutSeconds: number;
}

/**
 * Connects, with TCP_NODELAY: Nagle's algorithm costs 40 ms per exchange. The addresses of a name are tried one after
 * the other, a second apart.
 */
export const openTcp = (
  destination: Destination,
  { family, bindAddress, timeoutSeconds }: TcpOptions,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: destination.hostname,
      port: destination.port,
      family,
      ...(bindAddress === null ? {} : { localAddress: bindAddress }),
      autoSelectFamily: family === 0 && bindAddress === null,
      autoSelectFamilyAttemptTimeout: 1000,
    });
    const fail = (error: { code?: string; message: string }): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(unreachable(destination, error));
    };
    const timer = setTimeout(() => fail({ code: 'ETIMEDOUT', message: '' }), timeoutSeconds * 1000);
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      // It may fail before anybody listens; whoever takes it over checks for that.
      socket.on('error', () => {});
      socket.setNoDelay(true);
      resolve(socket);
    });
  });

/**
 * Starts a ProxyCommand as ssh does: with the user's shell, and `exec`.
 * @param command with %h, %p, %r, %n and %% in it; `name` is the value of %n.
 * @throws Failure for a token that only ssh supports.
 */
export function openProxy(destination: Destination, command: string, name: string): Duplex {
  const tokens: Record<string, string> = {
    '%h': destination.hostname,
    '%p': String(destination.port),
    '%r': destination.user,
    '%n': name,
    '%%': '%',
  };
  const expanded = command.replace(/%./g, token => {
    const value = tokens[token];
    if (value !== undefined) return value;
    throw new Failure(
      'ssh-config-unusable',
      `ProxyCommand has "${token}", which mailtun does not support`,
      destination.where,
      'use only %h, %p, %r, %n and %% in the ProxyCommand of that host',
    );
  });
  const child = spawn(process.env.SHELL || '/bin/sh', ['-c', `exec ${expanded}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  let said = Buffer.alloc(0);
  // It may fail before anybody listens; whoever takes it over checks for that.
  stream.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-500);
  });
  child.once('error', error => stream.destroy(error));
  child.once('close', (exit, signal) => {
    stream.destroy(
      new Error(`ProxyCommand ended (${signal ?? `exit ${exit}`}): ${oneLine(said) ?? 'without a message'}`),
    );
  });
  stream.once('close', () => child.kill());
  return stream;
}

/** Sends what is written in one turn of the event loop together: ssh2 writes a packet in three pieces. */
export function writeTogether(socket: Duplex): void {
  // The overloads differ only in their last parameters, all of which are passed on unchanged.
  const write = socket.write.bind(socket) as (...words: unknown[]) => boolean;
  socket.write = (...words: unknown[]) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...words);
  };
}
