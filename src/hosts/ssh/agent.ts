/** The ssh-agent(1) protocol, as far as a login needs it (draft-ietf-sshm-ssh-agent): which keys there are, and signing. */
import { connect } from 'node:net';
import { readWire, sshString, uint32, wireReader } from './wire.ts';

/** A key that the agent can sign with, of whatever kind: a certificate, or one in a hardware token, as well. */
export interface AgentKey {
  /** In SSH's own binary form. */
  readonly publicKey: Buffer;
  readonly comment: string;
}

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

/** Of a sign request for an RSA key, which can sign with several hashes. */
const RSA_FLAGS: Readonly<Record<string, number>> = { 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 };

/** No agent that works needs so long for a list; one that is stopped must not hold a run. */
const LIST_MILLISECONDS = 5000;

/** 256 KB, the limit of ssh(1). */
const LARGEST_ANSWER = 256 * 1024;

/** Keys that the agent holds; none where no agent answers within five seconds. */
export async function agentKeys(agentSocket: string | null): Promise<AgentKey[]> {
  if (agentSocket === null) return [];
  const answer = await ask(agentSocket, Buffer.of(REQUEST_IDENTITIES), LIST_MILLISECONDS).catch(() => null);
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

/**
 * The agent's signature, with its type at its head, as it goes into a login. It may take as long as a person needs to
 * touch a token or to confirm.
 * @param algorithm of the signature: `rsa-sha2-512`; any other type of key has but one.
 * @throws Error where the agent does not sign.
 */
export async function agentSignature(
  agentSocket: string,
  publicKey: Buffer,
  text: Buffer,
  algorithm: string,
): Promise<Buffer> {
  const flags = RSA_FLAGS[algorithm.replace('-cert-v01@openssh.com', '')] ?? 0;
  const request = [Buffer.of(SIGN_REQUEST), sshString(publicKey), sshString(text), uint32(flags)];
  const answer = await ask(agentSocket, Buffer.concat(request), null);
  const signature = answer[0] === SIGN_RESPONSE ? readWire(answer.subarray(1), reader => reader.string()) : null;
  if (signature === null) throw new Error('the agent does not sign with this key');
  return signature;
}

/** One request over a connection of its own. @throws Error */
const ask = (path: string, request: Buffer, milliseconds: number | null): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path });
    let answer: Buffer = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    if (milliseconds !== null) socket.setTimeout(milliseconds, () => fail(new Error('the agent does not answer')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the agent hung up')));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const length = answer.length < 4 ? 0 : wireReader(answer).uint32();
      if (length > LARGEST_ANSWER) return fail(new Error('the agent answers more than 256 KB'));
      if (answer.length < 4 || answer.length < 4 + length) return;
      resolve(answer.subarray(4, 4 + length));
      socket.destroy();
    });
    socket.write(sshString(request));
  });
