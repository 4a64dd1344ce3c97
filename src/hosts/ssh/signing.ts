/** Signing with the agent or with a key file, whose passphrase is asked for once however many hosts want the key. */
import { Failure } from '../../engine/failure.ts';
import type { Sign } from './authentication.ts';
import type { Ask } from './passphrase.ts';

/** A private key, ready to sign. */
export interface OpenKey {
  sign(text: Buffer, hash: string | undefined): Buffer;
}

/** What a library must know about keys; session.ts has it. */
export interface KeyTools {
  /** Null: the passphrase is wrong, or missing. @throws Error for a file that is no key or of an unknown form. */
  openKey(pem: Buffer, passphrase: string | null): OpenKey | null;
  agentSignature(agentSocket: string, publicKey: Buffer, text: Buffer, hash: string | undefined): Promise<Buffer>;
}

/** ssh(1) asks three times (NumberOfPasswordPrompts). */
const PROMPTS = 3;

/** A signer that remembers the keys it has opened, for all hosts of a run; asks one question at a time. */
export function createSigner(ask: Ask): (tools: KeyTools, agentSocket: string | null, where: string) => Sign {
  const opened = new Map<string, Promise<OpenKey | null>>();
  let lastQuestion: Promise<unknown> = Promise.resolve();
  const inTurn: Ask = prompt => {
    const answer = lastQuestion.then(() => ask(prompt));
    lastQuestion = answer.catch(() => null);
    return answer;
  };
  return (tools, agentSocket, where) => async (offer, text, hash) => {
    if (offer.from === 'agent') return tools.agentSignature(agentSocket ?? '', offer.publicKey, text, hash);
    const path = offer.name;
    const opening = opened.get(path) ?? open(path, offer.privateKey, tools, inTurn);
    opened.set(path, opening);
    const key = await opening.catch((error: Error) => {
      throw new Failure(
        `the key "${path}" is of no use: ${error.message}`,
        where,
        `see what it is: ssh-keygen -lf ${path}`,
      );
    });
    if (key) return key.sign(text, hash);
    throw new Failure(
      `the key "${path}" wants a passphrase, and the right one was not given`,
      where,
      `ssh-add ${path}`,
    );
  };
}

/** Null: it wants a passphrase that nobody gives. @throws Error for a key of an unknown form. */
async function open(path: string, pem: Buffer, tools: KeyTools, ask: Ask): Promise<OpenKey | null> {
  const key = tools.openKey(pem, null);
  if (key) return key;
  for (let prompt = 1; prompt <= PROMPTS; prompt += 1) {
    const passphrase = await ask(`Passphrase for ${path}: `);
    if (passphrase === null) return null;
    const unlocked = tools.openKey(pem, passphrase);
    if (unlocked) return unlocked;
  }
  return null;
}
