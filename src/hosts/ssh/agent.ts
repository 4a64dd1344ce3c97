/** The ssh-agent(1) protocol (draft-ietf-sshm-ssh-agent), as far as a login needs it: listing keys, and signing. */
import { connect } from 'node:net';
import { plainAlgorithm } from './public-keys.ts';
import { readWire, sshString, uint32, wireReader } from './wire.ts';

/** A key that the agent can sign with, which may be a certificate or be in a hardware token. */
export interface AgentKey {
  /** In SSH's own binary form. */
  readonly publicKey: Buffer;
  readonly comment: string;
}

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const EXTENSION = 27;

/** The SSH connection that a signature is for, as the key exchange has established it. */
export interface SessionBinding {
  /** In SSH's own binary form. */
  readonly hostKey: Buffer;
  readonly sessionId: Buffer;
  /** Made with the host key, over the session id. */
  readonly signature: Buffer;
}

/** Flags of a sign request: an RSA key can sign with several hashes. */
const RSA_FLAGS: Readonly<Record<string, number>> = { 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 };

/** An agent that works lists its keys in less; one that is stopped must not block a run. */
const LIST_MILLISECONDS = 5000;

/** 256 KB, the limit of ssh(1). */
const LARGEST_ANSWER = 256 * 1024;

/** The keys of the agent; none where no agent answers within five seconds. */
export async function agentKeys(agentSocket: string | null): Promise<AgentKey[]> {
  if (agentSocket === null) return [];
  const [answer] = await ask(agentSocket, [Buffer.of(REQUEST_IDENTITIES)], LIST_MILLISECONDS).catch(() => []);
  if (answer?.[0] !== IDENTITIES_ANSWER) return [];
  return (
    readWire(answer.subarray(1), reader =>
      Array.from({ length: Math.min(reader.uint32(), 2048) }, () => ({
        publicKey: reader.string(),
        comment: reader.string().toString('utf8'),
      })),
    ) ?? []
  );
}

/** A request to sign. */
interface SignRequest {
  readonly publicKey: Buffer;
  readonly text: Buffer;
  /** Of the signature: `rsa-sha2-512`; keys of other types have only one. */
  readonly algorithm: string;
  /** Without it, an agent does not sign with a key that is restricted to certain hosts (`ssh-add -h`). */
  readonly binding?: SessionBinding | undefined;
}

/**
 * The agent's signature, preceded by its type, as a login request contains it. It may take as long as a person needs to
 * touch a token or to confirm.
 * @throws Error where the agent does not sign.
 */
export async function agentSignature(agentSocket: string, request: SignRequest): Promise<Buffer> {
  const { publicKey, text, algorithm, binding } = request;
  const flags = RSA_FLAGS[plainAlgorithm(algorithm)] ?? 0;
  const signing = [Buffer.of(SIGN_REQUEST), sshString(publicKey), sshString(text), uint32(flags)];
  const requests = [...(binding ? [bindRequest(binding)] : []), Buffer.concat(signing)];
  // The answer to the binding does not matter: agents without constraints refuse it, and sign nevertheless.
  const answer = (await ask(agentSocket, requests, null)).at(-1) ?? Buffer.alloc(0);
  const signature = answer[0] === SIGN_RESPONSE ? readWire(answer.subarray(1), reader => reader.string()) : null;
  if (signature === null) throw new Error('the agent does not sign with this key');
  return signature;
}

/** session-bind@openssh.com (PROTOCOL.agent of OpenSSH); the last byte says that the agent is not forwarded. */
const bindRequest = ({ hostKey, sessionId, signature }: SessionBinding): Buffer =>
  Buffer.concat([
    Buffer.of(EXTENSION),
    ...['session-bind@openssh.com', hostKey, sessionId, signature].map(sshString),
    Buffer.of(0),
  ]);

/** Sends the requests one after the other over a new connection; resolves to the answers. @throws Error */
const ask = (path: string, requests: readonly Buffer[], milliseconds: number | null): Promise<Buffer[]> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path });
    const answers: Buffer[] = [];
    let received: Buffer = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const send = (): void => {
      const request = requests[answers.length];
      if (request) return void socket.write(sshString(request));
      resolve(answers);
      socket.destroy();
    };
    if (milliseconds !== null) socket.setTimeout(milliseconds, () => fail(new Error('the agent does not answer')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the agent closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 4 ? 0 : wireReader(received).uint32();
      if (length > LARGEST_ANSWER) return fail(new Error('the answer of the agent is larger than 256 KB'));
      if (received.length < 4 || received.length < 4 + length) return;
      answers.push(received.subarray(4, 4 + length));
      received = received.subarray(4 + length);
      send();
    });
    send();
  });
