/** Logging in over SSH, by key: the only file that knows ssh2. */
import { createPrivateKey } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Failure } from '../../run/failure.ts';
import type { SessionBinding } from './agent.ts';
import { keyAuthentication, type Sign } from './authentication.ts';
import type { HostKeyCheck } from './host-key.ts';
import type { Keys } from './identities.ts';
import { cipherOf } from './key-files.ts';
import { KEEPALIVE, type Login, openLogin, type SshClient } from './login.ts';
import { brokenLogin, type Destination, type Stage } from './login-faults.ts';
import { openPem } from './private-keys.ts';
import type { OpenKey } from './signing.ts';
import { writeTogether } from './socket.ts';
import { type AuthenticationWire, type UserAuthentication, userAuthentication } from './userauth.ts';

/** What a login needs. */
export interface LoginRequest {
  readonly destination: Destination;
  /** A fresh connection to sshd; it belongs to the login from now on. */
  readonly socket: Duplex;
  readonly hostKey: HostKeyCheck;
  readonly keys: Keys;
  readonly sign: Sign;
  /** The login is given up when nothing moves for so long; a person who is asked for something has two minutes. */
  readonly timeoutSeconds: number;
}

/** As long as sshd itself waits for a login (LoginGraceTime). */
const PERSON_SECONDS = 120;
/** Reasons of sshd's goodbye (RFC 4253, 11.1): the second is OpenSSH's for too many keys (MaxAuthTries). */
const NO_MORE_AUTH_METHODS = 14;
const PROTOCOL_ERROR = 2;

/** Logs in. @throws Failure, whatever the other side does; the socket is closed then. */
export function logIn(request: LoginRequest): Promise<Login> {
  const { destination, socket, hostKey, sign, timeoutSeconds } = request;
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let stage: Stage = 'greeting';
    let said: Buffer = Buffer.alloc(0);
    let refusal: Failure | null = null;
    let proof: Pick<SessionBinding, 'hostKey' | 'signature'> | undefined;
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
    const signing: Sign = (offer, text) => {
      waitIn('login', PERSON_SECONDS);
      const { sessionID: sessionId } = protocolOf(client)._kex;
      return sign(offer, text, proof && { ...proof, sessionId }).finally(() => waitIn('login'));
    };
    const keys = keyAuthentication(destination, request.keys, signing);
    const refuse = (problem: string): void => {
      refusal ??= keys.failure();
      fail(problem);
    };

    client.on('error', (error: Error & { code?: unknown }) => {
      if (error.code === NO_MORE_AUTH_METHODS || (stage === 'login' && error.code === PROTOCOL_ERROR))
        refuse(error.message);
      else fail(error.message);
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
        refusal = hostKey.judge(key, socket);
        proof ??= { hostKey: key, signature: protocolOf(client)._kex._sig };
        return refusal === null;
      },
    });
    ignoreAnnouncedHostKeys(client);
    logInWith(client, wire => {
      waitIn('login');
      return userAuthentication(destination.user, keys, { ...wire, exhausted: () => refuse('no key is left') });
    });
    // ssh2 has paused the socket and will read from it; this only looks over its shoulder.
    socket.once('data', (chunk: Buffer) => {
      said = chunk;
      if (chunk.toString('latin1').startsWith('SSH-')) waitIn('host key');
    });
  });
}

/**
 * After the login sshd announces all its host keys (UpdateHostKeys of ssh_config). ssh2 would have it sign with each of
 * them, during our first exchange, and break off the connection at a type of key that it does not know; it has no
 * option for that. No global request of a server concerns us.
 */
function ignoreAnnouncedHostKeys(client: ssh2.Client): void {
  type Handler = (protocol: { requestFailure(): void }, name: string, wantsReply: boolean) => void;
  const ignore: Handler = (protocol, _name, wantsReply) => {
    if (wantsReply) protocol.requestFailure();
  };
  protocolOf(client)._handlers.GLOBAL_REQUEST = ignore;
}

/** Parts of ssh2's protocol that its interface does not show. */
interface Protocol {
  _handlers: Record<string, unknown>;
  readonly _kex: { readonly sessionID: Buffer; readonly _sig: Buffer };
  readonly _authsQueue: string[];
  readonly _packetRW: {
    readonly write: { allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
  service(name: string): void;
}

const protocolOf = (client: ssh2.Client): Protocol => (client as unknown as { _protocol: Protocol })._protocol;

/**
 * ssh2 reads three types of keys and signs with no certificate, and it waits for two answers that need not be waited
 * for. So our own packets take the place of its authentication; the first goes out with the request for the service.
 */
function logInWith(
  client: ssh2.Client,
  open: (wire: Omit<AuthenticationWire, 'exhausted'>) => UserAuthentication,
): void {
  const protocol = protocolOf(client);
  const send = (payload: Buffer, method: string): void => {
    const { write } = protocol._packetRW;
    const start = write.allocStart;
    const packet = write.alloc(payload.length);
    packet.set(payload, start);
    protocol._authsQueue.push(method);
    protocol._cipher.encrypt(write.finalize(packet));
  };
  let authentication: UserAuthentication | null = null;
  let algorithms: readonly string[] | null = null;
  const service = protocol.service.bind(protocol);
  protocol.service = name => {
    service(name);
    authentication = open({
      send,
      sessionId: () => protocol._kex.sessionID,
      signatureAlgorithms: () => algorithms,
    });
    authentication.begin();
  };
  Object.assign(protocol._handlers, {
    SERVICE_ACCEPT: () => {},
    EXT_INFO: (_: Protocol, extensions: readonly { name: string; algs?: readonly string[] }[]) => {
      algorithms = extensions.find(({ name }) => name === 'server-sig-algs')?.algs ?? algorithms;
    },
    USERAUTH_PK_OK: () => authentication?.welcome(),
    USERAUTH_FAILURE: (_: Protocol, methods: readonly string[], partial: boolean) =>
      authentication?.refused(methods, partial),
  });
}

/** Ciphers of encrypted keys that ssh2 knows; with any other no passphrase would ever be right. */
const KEY_CIPHERS = /^(aes(128|192|256)-(cbc|ctr|gcm@openssh\.com)|3des-cbc)$/;

/** Decrypts a private key. @throws Error */
export const openKey: OpenKey = (pem, passphrase) => {
  if (!pem.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return openPem(pem, passphrase);
  const cipher = cipherOf(pem);
  if (cipher !== 'none' && !KEY_CIPHERS.test(cipher))
    throw new Error(`it is encrypted with ${cipher}, which mailtun can't decrypt`);
  const key = ssh2.utils.parseKey(pem, passphrase ?? undefined);
  if (!(key instanceof Error)) return createPrivateKey(key.getPrivatePEM());
  // What it says depends on the cipher, and on the bytes that come out of it.
  if (cipher !== 'none') return null;
  throw key;
};
