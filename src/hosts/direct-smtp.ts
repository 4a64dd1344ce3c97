/** Submits a message to an MX from this machine, in plain SMTP, as any mail server would. */
import { createConnection } from 'node:net';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { Failure } from '../run/failure.ts';

const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Resolves to the last line of each of the server's replies; it stops at the first refusal.
 * @throws Failure where the connection fails.
 */
export async function handInFromHere(
  at: { readonly address: string; readonly name: string; readonly port?: number },
  envelope: { readonly sender: string; readonly to: string },
  text: string,
): Promise<string> {
  const socket = createConnection({ host: at.address, port: at.port ?? 25 });
  socket.setTimeout(TIMEOUT_MILLISECONDS, () =>
    socket.destroy(new Error(`no answer in ${TIMEOUT_MILLISECONDS / 1000} s`)),
  );
  const data = text.replace(/^\./gm, '..').replaceAll('\n', '\r\n');
  const commands = [
    `EHLO ${hostname()}`,
    `MAIL FROM:<${envelope.sender}>`,
    `RCPT TO:<${envelope.to}>`,
    'DATA',
    `${data}.`,
    'QUIT',
  ];
  const answers: string[] = [];
  try {
    for await (const line of createInterface({ input: socket })) {
      if (!/^\d{3}( |$)/.test(line)) continue;
      answers.push(line);
      const command = commands.shift();
      if (command === undefined || !/^[23]/.test(line)) break;
      socket.write(`${command}\r\n`);
    }
    return answers.join('\n');
  } catch (error) {
    throw new Failure(
      'port-25-unreachable',
      `${at.name} (${at.address}) cannot be reached on port 25 from here: ${error instanceof Error ? error.message : error}`,
      '--from-here',
      'many providers block outbound mail: without --from-here the relay sends the message itself',
    );
  } finally {
    socket.destroy();
  }
}
