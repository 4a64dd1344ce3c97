/** Logging in over SSH, by key: the only file that knows ssh2. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Failure } from '../../engine/failure.ts';
import { keyAuthentication, type Sign } from './authentication.ts';
import type { HostKeyCheck } from './host-key.ts';
import type { AgentKey, Offer } from './identities.ts';
import { KEEPALIVE, type Login, openLogin, type SshClient } from './login.ts';
import { brokenLogin, type Destination, type Stage } from './login-faults.ts';
import type { KeyTools } from './signing.ts';

export interface LoginRequest {
  readonly destination: Destination;
  /** A fresh connection to sshd; it belongs to the login from now on. */
  readonly socket: Duplex;
  readonly hostKey: HostKeyCheck;
  /** Keys to try, best first. */
  readonly offers: readonly Offer[];
  readonly sign: Sign;
  /** The login is given up when nothing moves for so long; a person who is asked for something has two minutes. */
  readonly timeoutSeconds: number;
}

/** As long as sshd itself waits for a login (LoginGraceTime). */
const PERSON_SECONDS = 120;

/** Logs in. @throws Failure, whatever the other side does; the socket is closed then. */
export function logIn({ destination, socket, hostKey, offers, sign, timeoutSeconds }: LoginRequest): Promise<Login> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let stage: Stage = 'greeting';
    let said: Buffer = Buffer.alloc(0);
    let refusal: Failure | null = null;
    let waiting: NodeJS.Timeout | undefined;
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      clearTimeout(waiting);
    };
    const waitIn = (next: Stage, seconds = timeoutSeconds): void => {
      if (isSettled) return;
      stage = next;
      clearTimeout(waiting);
      waiting = setTimeout(() => fail(`nothing for ${seconds} s`), seconds * 1000);
    };
    const fail = (problem: string): void => {
      settle();
      socket.destroy();
      reject(refusal ?? brokenLogin(destination, stage, said, problem));
    };
    const keys = keyAuthentication(destination, offers, (offer, text, hash) => {
      waitIn('login', PERSON_SECONDS);
      return sign(offer, text, hash).finally(() => waitIn('login'));
    });
    const asAgent = (offer: Offer) => ({
      type: 'agent',
      username: destination.user,
      agent: new OneKey(offer.publicKey, (text, hash) => keys.sign(offer, text, hash)),
    });

    client.on('error', (error: Error & { level?: string }) => {
      if (error.level === 'agent') return;
      if (error.level === 'client-authentication') refusal ??= keys.failure();
      fail(error.message);
    });
    client.once('close', () => fail('it hung up'));
    client.once('ready', () => {
      settle();
      client.removeAllListeners();
      resolve(openLogin(destination, client as unknown as SshClient, socket, timeoutSeconds));
    });
    waitIn('greeting');
    if (socket.destroyed || socket.readableEnded) {
      fail(socket.errored?.message ?? 'it hung up');
      return;
    }
    writeTogether(socket);
    client.connect({
      ...KEEPALIVE,
      sock: socket as Socket,
      username: destination.user,
      readyTimeout: 0,
      algorithms: { serverHostKey: hostKey.algorithms as ssh2.ServerHostKeyAlgorithm[] },
      hostVerifier: (key: Buffer) => {
        refusal = hostKey.judge(key);
        return refusal === null;
      },
      authHandler: ((methods: string[] | null) => {
        waitIn('login');
        const next = keys.next(methods);
        return next === 'none' ? { type: 'none', username: destination.user } : next && asAgent(next);
      }) as unknown as ssh2.AuthHandlerMiddleware,
    });
    ignoreAnnouncedHostKeys(client);
    // ssh2 has paused the socket and will read from it; this only looks over its shoulder.
    socket.once('data', (chunk: Buffer) => {
      said = chunk;
      if (chunk.toString('latin1').startsWith('SSH-')) waitIn('host key');
    });
  });
}

/** ssh2 writes a packet in three pieces: length, body, sum. What is written in one turn goes out as one. */
function writeTogether(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...words: unknown[]) => boolean;
  socket.write = (...words: unknown[]) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...words);
  };
}

/**
 * After the login sshd announces all its host keys (UpdateHostKeys of ssh_config). ssh2 would have it sign with each of
 * them, during our first exchange, and break off the connection at a type of key that it does not know; it has no
 * option for that. No global request of a server concerns us.
 */
function ignoreAnnouncedHostKeys(client: ssh2.Client): void {
  type Handler = (protocol: { requestFailure(): void }, name: string, wantsReply: boolean) => void;
  const { _protocol } = client as unknown as { _protocol: { _handlers: { GLOBAL_REQUEST: Handler } } };
  _protocol._handlers.GLOBAL_REQUEST = (protocol, _name, wantsReply) => {
    if (wantsReply) protocol.requestFailure();
  };
}

/** An agent with one key: ssh2 has it sign only once sshd has accepted the key, so no passphrase is asked in vain. */
class OneKey extends ssh2.BaseAgent<Buffer> {
  constructor(
    private readonly publicKey: Buffer,
    private readonly signature: (text: Buffer, hash: string | undefined) => Promise<Buffer>,
  ) {
    super();
  }

  override getIdentities(callback: ssh2.IdentityCallback<Buffer>): void {
    callback(undefined, [this.publicKey]);
  }

  override sign(_key: Buffer, text: Buffer, ...rest: unknown[]): void {
    const [{ hash }, callback] = rest as [{ hash?: string }, (error?: Error, signature?: Buffer) => void];
    this.signature(text, hash)
      .then(
        signature => callback(undefined, signature),
        (error: Error) => callback(error),
      )
      // The connection ended meanwhile, which has an event of its own.
      .catch(() => {});
  }
}

/** Keys that the agent can sign with; none where no agent answers within five seconds. */
export const agentKeys = (agentSocket: string | null): Promise<AgentKey[]> =>
  new Promise(resolve => {
    if (agentSocket === null) return resolve([]);
    const timer = setTimeout(() => resolve([]), 5000);
    ssh2.createAgent(agentSocket).getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error || !keys) return resolve([]);
      const parsed = keys.flatMap(key => ssh2.utils.parseKey(key as Buffer));
      resolve(
        parsed.flatMap(key => (key instanceof Error ? [] : [{ publicKey: key.getPublicSSH(), comment: key.comment }])),
      );
    });
  });

/** The public half of an unencrypted private key in PEM; null where there is none to be had. */
export function publicHalf(pem: Buffer): Buffer | null {
  const key = ssh2.utils.parseKey(pem);
  return key instanceof Error ? null : key.getPublicSSH();
}

export const keyTools: KeyTools = {
  openKey(pem, passphrase) {
    const key = ssh2.utils.parseKey(pem, passphrase ?? undefined);
    if (!(key instanceof Error)) return { sign: (text, hash) => key.sign(text, hash) };
    if (/passphrase|decrypt|integrity|bad decrypt/i.test(key.message)) return null;
    throw key;
  },
  agentSignature: (agentSocket, publicKey, text, hash) =>
    new Promise((resolve, reject) => {
      const options = hash === undefined ? {} : { hash: hash as 'sha256' };
      ssh2.createAgent(agentSocket).sign(publicKey, text, options, (error, signature) => {
        if (error || !signature) reject(error ?? new Error('the agent did not sign'));
        else resolve(signature);
      });
    }),
};
