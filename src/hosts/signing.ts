/** Signing with the agent or with a key file, whose passphrase is asked for once however many hosts want the key. */
import { Failure } from '../engine/failure.ts';
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
  const opened = new Map<string, Promise<OpenKey>>();
  let lastQuestion: Promise<unknown> = Promise.resolve();
  const inTurn: Ask = prompt => {
    const answer = lastQuestion.then(() => ask(prompt));
    lastQuestion = answer.catch(() => null);
    return answer;
  };
  return (tools, agentSocket, where) => async (offer, text, hash) => {
    if (offer.from === 'agent') return tools.agentSignature(agentSocket ?? '', offer.publicKey, text, hash);
    const open = opened.get(offer.name) ?? unlock(offer.name, offer.privateKey, tools, inTurn, where);
    opened.set(offer.name, open);
    return (await open).sign(text, hash);
  };
}

async function unlock(path: string, pem: Buffer, tools: KeyTools, ask: Ask, where: string): Promise<OpenKey> {
  const key = tools.openKey(pem, null);
  if (key) return key;
  for (let prompt = 1; prompt <= PROMPTS; prompt += 1) {
    const passphrase = await ask(`Passphrase for ${path}: `);
    if (passphrase === null) break;
    const unlocked = tools.openKey(pem, passphrase);
    if (unlocked) return unlocked;
  }
  throw new Failure(`the key "${path}" wants a passphrase, and the right one was not given`, where, `ssh-add ${path}`);
}
