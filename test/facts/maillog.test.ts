import { describe, expect, it } from 'vitest';
import { parseMaillog } from '../../src/facts/maillog.ts';
import { recorded } from '../recordings.ts';

const last = (about: string, kind: string) =>
  parseMaillog(recorded('faults', about)).findLast(event => event.kind === kind);

describe('the mail log', () => {
  it('has the time of a line where syslogd writes it', () => {
    const [died, , , connected] = parseMaillog(recorded('transcripts', 'maillog lines'));
    expect(died).toMatchObject({
      time: 'Nov 22 06:16:09',
      kind: 'exited',
      reason: "bind: Can't assign requested address",
    });
    expect(connected).toMatchObject({ kind: 'accepted', msgid: '01194c94' });
  });
  it('is read beyond the NUL bytes that a power cut leaves in it', () => {
    const text = recorded('transcripts', 'maillog lines');
    const [first, ...more] = text.split('\n');
    expect(parseMaillog([`${'\0'.repeat(300)}${first}`, ...more].join('\n'))).toEqual(parseMaillog(text));
  });
  it('has a delivery to the next host', () => {
    expect(last('healthy, inbound: queue, routes and log on the relay', 'delivery')).toEqual({
      time: null,
      kind: 'delivery',
      session: '16e1e646e519fcc0',
      agent: 'mta',
      evpid: '8c5fa896e2244007',
      from: 'alice@other.example.net',
      to: 'test@example.com',
      relay: '2001:db8:c1da::1',
      delay: '1s',
      result: 'Ok',
      said: '250 2.0.0 342f0254 Message accepted for delivery',
    });
  });
  it('has a delivery to a maildir, and why it failed', () => {
    expect(last('fault: the recipient has no user on the workstation', 'delivery')).toMatchObject({
      agent: 'mda',
      relay: null,
      result: 'TempFail',
      said: 'Error (temporary failure: "mail.maildir: No such file or directory")',
    });
  });
  it.each([
    ['healthy, inbound: queue, routes and log on the relay', 'checked', { result: 'valid' }],
    ['healthy, outbound: queue, routes and log on the gateway', 'checked', { result: 'valid' }],
    [
      'fault: wrong password: queue, routes and log on the gateway',
      'error',
      { reason: 'AUTH rejected: 535 Authentication failed' },
    ],
    [
      'fault: recipient unknown to the relay',
      'refused',
      { command: 'RCPT TO:<nobody@example.com>', result: '550 Invalid recipient: <nobody@example.com>' },
    ],
    [
      'fault: the hosts entry for smtp.example.com is missing: queue, routes and log on the gateway',
      'unresolved',
      { relay: 'smtp.example.com', reason: 'Host not found' },
    ],
    [
      'fault: the hosts entry for smtp.example.com is missing: queue, routes and log on the gateway',
      'delivery',
      { relay: 'smtp.example.com', result: 'TempFail', said: 'Host not found' },
    ],
    [
      "fault: the relay's client certificate is not trusted by the gateway: log on the gateway",
      'disconnected',
      { reason: expect.stringContaining('handshake failed') },
    ],
    [
      "the article's opportunistic relay (pki, smtp://), client certificate not trusted, TLS 1.2 listener with verify (THE MAIL IS LOST): queue, routes and log on the relay",
      'bounce lost',
      { msgid: '56fd7e50', isPermanent: true },
    ],
    ['healthy, outbound: queue, routes and log on the gateway', 'connecting', { address: '2001:db8:c1da::2' }],
  ])('has for "%s": %s', (about, kind, expected) => {
    expect(last(about, kind)).toMatchObject(expected);
  });
});
