/** Whether a mail server answers this machine on port 25, as it would any host on the internet. */
import { createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';

/** How long to wait for a greeting. */
const TIMEOUT_MILLISECONDS = 3000;

/** The greeting of a server on port 25. */
export interface Heard {
  /** The server's first line; null where there is none. */
  readonly banner: string | null;
  /** Why there is none: `connection refused`, `no answer`. */
  readonly why: string;
}

/** Connects, and sends only QUIT. Null where the address is this machine's own: that would show nothing. Never rejects. */
export async function hearFromHere(address: string): Promise<Heard | null> {
  const own = Object.values(networkInterfaces()).flatMap(all => all ?? []);
  if (own.some(one => one.address === address)) return null;
  return new Promise(resolve => {
    const socket = createConnection({ host: address, port: 25 });
    const end = (heard: Heard): void => {
      socket.destroy();
      resolve(heard);
    };
    let text = '';
    socket.setTimeout(TIMEOUT_MILLISECONDS, () => end({ banner: null, why: 'no answer' }));
    socket.on('data', data => {
      text += data.toString('latin1');
      const line = /^(.*?)\r?\n/.exec(text)?.[1];
      if (line !== undefined || text.length > 1000) {
        socket.write('QUIT\r\n');
        end({ banner: (line ?? text).slice(0, 200), why: '' });
      }
    });
    socket.on('end', () => end({ banner: null, why: 'the connection was closed' }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ banner: null, why: WORDS[error.code ?? ''] ?? error.message }),
    );
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
};
