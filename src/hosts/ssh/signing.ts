/** Signs with the agent or with a key file, whose passphrase is asked for once, however many hosts need the key. */
import type { KeyObject } from 'node:crypto';
import { Failure } from '../../run/failure.ts';
import { agentSignature } from './agent.ts';
import type { Sign } from './authentication.ts';
import type { Ask } from './passphrase.ts';
import { signatureOf } from './private-keys.ts';

/** Reads a key; null: the passphrase is wrong or missing. @throws Error for a file that is not a key, or in an unknown format. */
export type OpenKey = (pem: Buffer, passphrase: string | null) => KeyObject | null;

/** ssh(1) asks three times (NumberOfPasswordPrompts). */
const PROMPTS = 3;

/** A signer for all hosts of a run, which remembers the keys that it has read and asks one question at a time. */
export function createSigner(ask: Ask): (openKey: OpenKey, agentSocket: string | null, where: string) => Sign {
  const opened = new Map<string, Promise<KeyObject | null>>();
  let lastQuestion: Promise<unknown> = Promise.resolve();
  const inTurn: Ask = prompt => {
    const answer = lastQuestion.then(() => ask(prompt));
    lastQuestion = answer.catch(() => null);
    return answer;
  };
  return (openKey, agentSocket, where) => async (offer, text, binding) => {
    const { algorithm } = offer;
    if (offer.from === 'agent')
      return agentSignature(agentSocket ?? '', { publicKey: offer.signer, text, algorithm, binding });
    const path = offer.path;
    const opening = opened.get(path) ?? open(path, offer.privateKey, openKey, inTurn);
    opened.set(path, opening);
    const key = await opening.catch((error: Error) => {
      throw new Failure(
        'ssh-key-unusable',
        `the key "${path}" cannot be used: ${error.message}`,
        where,
        `check it: ssh-keygen -lf ${path}; or let the agent sign: ssh-add ${path}`,
      );
    });
    if (key) return signatureOf(key, text, offer.algorithm);
    throw new Failure(
      'ssh-key-unusable',
      `the key "${path}" needs a passphrase, and the right one was not entered`,
      where,
      `ssh-add ${path}`,
    );
  };
}

/** Null: it needs a passphrase that nobody enters. @throws Error for a key in an unknown format. */
async function open(path: string, pem: Buffer, openKey: OpenKey, ask: Ask): Promise<KeyObject | null> {
  const key = openKey(pem, null);
  if (key) return key;
  for (let prompt = 1; prompt <= PROMPTS; prompt += 1) {
    const passphrase = await ask(`Passphrase for ${path}: `);
    if (passphrase === null) return null;
    const unlocked = openKey(pem, passphrase);
    if (unlocked) return unlocked;
  }
  return null;
}
