import { describe, expect, it } from 'vitest';
import { type Trace, traceOf } from '../../src/checks/trace.ts';
import { acceptedAs, followed, mailText } from '../../src/facts/test-mail.ts';
import { painter } from '../../src/report/page.ts';
import { type SentHop, sentJson, sentText } from '../../src/report/send-test.ts';
import { recorded } from '../recordings.ts';

const log = (about: string): string => recorded('faults', about).split('--\n').at(-1) ?? '';
const queue = (about: string): string => recorded('faults', about).split('--\n')[0] ?? '';
const traceIn = (msgid: string, log: string, queue: string): Trace => traceOf(msgid, followed(`${log}--\n${queue}`));

describe('the trace of a message on a host', () => {
  it('names the next host, and the id that the message has there', () => {
    const trace = traceIn('8c5fa896', log('healthy, inbound: queue, routes and log on the relay'), '');
    expect(trace).toMatchObject({
      from: 'local',
      sent: 'valid',
      next: '342f0254',
      error: null,
      delivery: { relay: '2001:db8:c1da::1', result: 'Ok', delay: '1s' },
    });
  });
  it("has the result of verifying the sender's certificate", () => {
    const trace = traceIn('7ea254f4', log('healthy, outbound: queue, routes and log on the gateway'), '');
    expect(trace).toMatchObject({ from: '2001:db8:6969::2', received: 'verified', sent: 'valid', next: '553cc16a' });
  });
  it.each([
    [
      'fault: port 25 refused on wg0 of the gateway: queue, routes and log on the relay',
      'c73540d5',
      'IO Error: Connection refused',
    ],
    [
      'fault: the hosts entry for smtp.example.com is missing: queue, routes and log on the gateway',
      '38ce92fc',
      'Host not found',
    ],
    [
      'fault: wrong password: queue, routes and log on the gateway',
      'c8c39537',
      'AUTH rejected: 535 Authentication failed',
    ],
  ])('ends where "%s"', (about, msgid, error) => {
    expect(traceIn(msgid, log(about), queue(about))).toMatchObject({ next: null, error });
  });
  it('is empty if the log has nothing about it', () => {
    expect(traceIn('00000000', '', '')).toEqual({
      from: null,
      received: null,
      sent: null,
      delivery: null,
      next: null,
      error: null,
    });
  });
});

describe('the test message', () => {
  const mail = {
    id: '0123456789abcdef',
    sender: '',
    from: 'mailtun <send-test@smtp.example.com>',
    to: 'test@example.com',
  };

  it('has no line that s_client or SMTP would interpret', () => {
    const text = mailText(mail, new Date(0));
    expect(text).toContain('X-Mailtun-Test: 0123456789abcdef\n');
    expect(text).toContain('Date: Thu, 01 Jan 1970 00:00:00 +0000\n');
    expect(text.split('\n').filter(line => /^[.QR]/.test(line))).toEqual([]);
  });
  it('is known by the id that smtpd has assigned', () => {
    expect(
      acceptedAs(
        '250 HELP\n354 Enter mail, end with "." on a line by itself\n250 2.0.0 342f0254 Message accepted for delivery\n221 2.0.0 Bye',
      ),
    ).toBe('342f0254');
    expect(acceptedAs('550 Invalid recipient: <test@example.com>')).toBeNull();
  });

  const hop = (host: string, msgid: string, about: string, next: string | null): SentHop => ({
    host,
    msgid,
    trace: traceIn(msgid, log(about), queue(about)),
    next,
  });
  const first = hop('namorar', '8c5fa896', 'healthy, inbound: queue, routes and log on the relay', 'carinho');

  it('is reported hop by hop', () => {
    const sent = {
      mail,
      direction: 'in' as const,
      handedInOn: 'namorar',
      began: 0,
      hops: [first],
      file: '/home/jay/maildir/in/new/1',
      stopped: null,
    };
    expect(sentJson(sent, 1900)).toMatchObject({
      command: 'send-test',
      arrived: true,
      seconds: 1.9,
      hops: [{ host: 'namorar', to: 'carinho', delay: '1s', tls: 'TLS, verified', result: 'Ok' }],
      stopped: null,
    });
    expect(sentText(sent, 'inventory.yaml', painter(false), { now: 1900 })).toContain(
      'Arrived after 1.9 s: it was in /home/jay/maildir/in/new/1, and has been deleted.',
    );
  });
  it('is reported with where it stopped, and why', () => {
    const stopped = { host: 'namorar', why: 'IO Error: Connection refused' };
    const text = sentText(
      { mail, direction: 'in', handedInOn: null, began: 0, hops: [], file: null, stopped },
      'inventory.yaml',
      painter(false),
    );
    expect(text).toContain(
      'It has not arrived: it stopped at namorar.\n  evidence  IO Error: Connection refused\n  fix       mailtun doctor inventory.yaml\n',
    );
  });
});
