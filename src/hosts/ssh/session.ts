/** Logs in over SSH with a key, using ssh2. */
import { createPrivateKey } from 'node:crypto';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { type KeyAuthentication, keyAuthentication, type Sign } from './authentication.ts';
import type { HostKeyCheck } from './host-key.ts';
import type { Keys } from './identities.ts';
import { cipherOf } from './key-files.ts';
import { KEEPALIVE, type Login, openLogin } from './login.ts';
import type { Destination } from './login-faults.ts';
import { type LoginWatch, loginWatch } from './login-watch.ts';
import { openPem } from './private-keys.ts';
import type { OpenKey } from './signing.ts';
import { writeTogether } from './socket.ts';
import { hostSignatureOf, ignoreAnnouncedHostKeys, logInWith, sessionIdOf } from './ssh2-protocol.ts';
import { userAuthentication } from './userauth.ts';

/** Everything that a login needs. */
interface LoginRequest {
  readonly destination: Destination;
  /** A new connection to sshd, which the login closes. */
  readonly socket: Duplex;
  readonly hostKey: HostKeyCheck;
  readonly keys: Keys;
  readonly sign: Sign;
  /** The login is given up if nothing happens for this long; a person who is asked for something has two minutes. */
  readonly timeoutSeconds: number;
}

/** The default LoginGraceTime of sshd. */
const PERSON_SECONDS = 120;

/** Reasons of a disconnect (RFC 4253, 11.1); OpenSSH uses the second for too many keys (MaxAuthTries). */
const NO_MORE_AUTH_METHODS = 14;
const PROTOCOL_ERROR = 2;

/** Logs in. @throws Failure, whatever the other side does; the socket is closed in that case. */
export function logIn(request: LoginRequest): Promise<Login> {
  const { destination, socket, sign, timeoutSeconds } = request;
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    const watch = loginWatch(request, reject);
    const keys = keyAuthentication(destination, request.keys, (offer, text) => {
      watch.waitIn('login', PERSON_SECONDS);
      const binding = watch.verification && { ...watch.verification, sessionId: sessionIdOf(client) };
      return sign(offer, text, binding).finally(() => watch.waitIn('login'));
    });
    listen(client, watch, keys);
    client.once('ready', () => {
      watch.settle();
      client.removeAllListeners();
      resolve(openLogin(destination, client, socket, timeoutSeconds));
    });
    watch.waitIn('greeting');
    if (socket.destroyed || socket.readableEnded) watch.fail(socket.errored?.message ?? 'it closed the connection');
    else start(client, request, watch, keys);
  });
}

function listen(client: ssh2.Client, watch: LoginWatch, keys: KeyAuthentication): void {
  client.on('error', (error: Error & { code?: unknown }) => {
    if (error.code === NO_MORE_AUTH_METHODS || (watch.stage === 'login' && error.code === PROTOCOL_ERROR))
      watch.refusal ??= keys.failure();
    watch.fail(error.message);
  });
  client.once('close', () => watch.fail('it closed the connection'));
}

function start(client: ssh2.Client, request: LoginRequest, watch: LoginWatch, keys: KeyAuthentication): void {
  const { socket, hostKey, destination } = request;
  writeTogether(socket);
  client.connect({
    ...KEEPALIVE,
    sock: socket,
    username: destination.user,
    readyTimeout: 0,
    algorithms: { serverHostKey: [...hostKey.algorithms] },
    hostVerifier: (key: Buffer) => {
      watch.refusal = hostKey.judge(key, socket);
      watch.verification ??= { hostKey: key, signature: hostSignatureOf(client) };
      return watch.refusal === null;
    },
  });
  ignoreAnnouncedHostKeys(client);
  logInWith(client, wire => {
    watch.waitIn('login');
    const exhausted = (): void => {
      watch.refusal ??= keys.failure();
      watch.fail('no key is left');
    };
    return userAuthentication(destination.user, keys, { ...wire, exhausted });
  });
  // ssh2 has paused the socket and reads it; this listener sees the same data.
  socket.once('data', (chunk: Buffer) => {
    watch.said = chunk;
    if (chunk.toString('latin1').startsWith('SSH-')) watch.waitIn('host key');
  });
}

/** Ciphers of encrypted keys that ssh2 supports; with any other, every passphrase would seem wrong. */
const KEY_CIPHERS = /^(aes(128|192|256)-(cbc|ctr|gcm@openssh\.com)|3des-cbc)$/;

/** Decrypts a private key. @throws Error */
export const openKey: OpenKey = (pem, passphrase) => {
  if (!pem.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return openPem(pem, passphrase);
  const cipher = cipherOf(pem);
  if (cipher !== 'none' && !KEY_CIPHERS.test(cipher))
    throw new Error(`it is encrypted with ${cipher}, which mailtun cannot decrypt`);
  const key = ssh2.utils.parseKey(pem, passphrase ?? undefined);
  if (!(key instanceof Error)) return createPrivateKey(key.getPrivatePEM());
  // Its error depends on the cipher and on the bytes that it decrypts to.
  if (cipher !== 'none') return null;
  throw key;
};
