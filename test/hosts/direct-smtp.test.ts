import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { handInFromHere } from '../../src/hosts/direct-smtp.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** An MX on the loopback that gives these answers in turn; what it heard. */
async function mx(...answers: readonly string[]) {
  const heard: string[] = [];
  const left = [...answers];
  const server = createServer(socket => {
    socket.write(`${left.shift()}\r\n`);
    let inData = false;
    let text = '';
    socket
      .on('error', () => {})
      .on('data', chunk => {
        text += chunk;
        for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
          const line = text.slice(0, end);
          text = text.slice(end + 2);
          heard.push(line);
          if (inData && line !== '.') continue;
          inData = line === 'DATA';
          socket.write(`${left.shift()}\r\n`);
        }
      });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  return { heard, at: { address: '127.0.0.1', name: 'mx.example', port: (server.address() as AddressInfo).port } };
}

const envelope = { sender: '', to: 'test@example.com' };

describe('a message sent from this machine', () => {
  it('is sent one command at a time, with dots doubled', async () => {
    const { heard, at } = await mx(
      '220 mx',
      '250-mx\r\n250 HELP',
      '250 Ok',
      '250 Ok',
      '354 go on',
      '250 2.0.0 342f0254 Message accepted for delivery',
      '221 Bye',
    );
    const answers = await handInFromHere(at, envelope, 'Subject: x\n\n.hidden\n');
    expect(heard.slice(1)).toEqual([
      'MAIL FROM:<>',
      'RCPT TO:<test@example.com>',
      'DATA',
      'Subject: x',
      '',
      '..hidden',
      '.',
      'QUIT',
    ]);
    expect(answers).toContain('342f0254');
  });
  it('stops at the first refusal', async () => {
    const { heard, at } = await mx('220 mx', '250 HELP', '250 Ok', '550 Invalid recipient');
    expect(await handInFromHere(at, envelope, 'x\n')).toMatch(/550 Invalid recipient$/);
    expect(heard).toHaveLength(3);
  });
  it('that cannot be sent is a failure with a remedy', async () => {
    const { at } = await mx('220 mx');
    for (const close of open.splice(0)) close();
    await expect(handInFromHere(at, envelope, 'x\n')).rejects.toMatchObject({
      what: /cannot be reached on port 25 from here/,
      remedy: /leave --from-here away/,
    });
  });
});
