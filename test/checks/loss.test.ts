import { describe, expect, it } from 'vitest';
import { notesOn } from '../../src/checks/host-problems.ts';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { reportable, sinceText } from '../../src/report/since.ts';
import { recorded } from '../recordings.ts';
import { bouncesSent, fleetOf } from '../tasks/fleets.ts';
import { fleet as dropping, machines, NOW } from './machines.ts';

const sending = fleetOf(bouncesSent);

/** What status says of a host with these lines in its log. The log's clock is an hour behind, as recorded. */
function observation(log: string, fleet = dropping, acknowledged: number | null = null, name = 'namorar') {
  const questions = {
    'the mail log': '',
    'the lost mail': `${acknowledged === null ? '' : `acknowledged ${acknowledged}\n`}${log}`,
  };
  const all = machines({ [name]: { questions } }, fleet);
  const judged = judgeFleet(fleet, all, NOW * 1000);
  const hosts = all.map(asked => hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }));
  const [relay] = all;
  return {
    hosts,
    problems: (hosts.find(host => host.name === name)?.problems ?? []).filter(({ code }) => code === 'mail-lost'),
    notes: relay?.reached ? notesOn(relay, fleet, NOW * 1000) : [],
  };
}

const line = (time: string, text: string): string => `Nov ${time} namorar smtpd[4711]: ${text}\n`;
const failed = (msgid: string, to = 'test@example.com', result = 'PermFail', from = 'alice@other.example'): string =>
  `6f8788dc9398fb4f mta delivery evpid=${msgid}2db25bc1 from=<${from}> to=<${to}> rcpt=<-> source="-" relay="[2001:db8:c1da::1] (vpn0.example.com)" delay=1s result="${result}" stat="550 Invalid recipient: <${to}>"`;
const unreported = (msgid: string, result = 'PermFail'): string =>
  `warn: ${result} injecting failure report on message ${msgid} to <alice@other.example> for 1 envelope: 550 Invalid recipient: <alice@other.example>`;
const at = '22 06:17:17';

describe('mail that was accepted and then lost', () => {
  const one = line(at, failed('0000000a')) + line(at, unreported('0000000a'));

  it('is a problem with a number, a time, the recipients and the reply', () => {
    const [problem] = observation(one + line('22 06:18:00', failed('0000000b', 'postmaster@example.com'))).problems;
    expect(problem).toEqual({
      code: 'mail-lost',
      what: '2 messages were lost on namorar, the last one at Nov 22 06:18:00',
      evidence:
        'from alice@other.example to postmaster@example.com: 550 Invalid recipient: <postmaster@example.com>; others to test@example.com',
      remedy: expect.stringMatching(
        /^mailtun provision \S+; ask alice@other\.example to send again; then mailtun status \S+ --host namorar --acknowledge$/,
      ),
    });
  });
  it('is one where the next hop has refused its bounce as well', () => {
    const lost = line(at, failed('0000000b', 'bob@internet.example', 'PermFail', 'jay@gmail.example'));
    const bounce = (to: string): string => line(at, failed('0000000c', to, 'PermFail', ''));
    expect(observation(lost + bounce('jay@gmail.example')).problems[0]?.evidence).toContain('to bob@internet.example');
    expect(observation(lost + bounce('other@gmail.example')).problems).toEqual([]);
  });
  it('counts only for recipients of the inventory, whatever follows a plus', () => {
    const remedy = (to: string): string | undefined => {
      const lines = line(at, failed('0000000b', to)) + line(at, unreported('0000000b'));
      return observation(lines, sending).problems[0]?.remedy.split(';')[0];
    };
    expect(remedy('test+list@example.com')).toBe(`mailtun provision ${sending.path}`);
    expect(remedy('other@example.com')).toBe(
      `add other@example.com under mail.recipients, then mailtun provision ${sending.path}`,
    );
  });
  it('was forwarded by a user of a workstation, or sent under a domain for which the gateway sends nothing', () => {
    const lost = failed('0000000b', 'bob@internet.example', 'PermFail', 'jay@mimando.lan');
    const log = line(at, lost) + line(at, failed('0000000c', 'jay@mimando.lan', 'PermFail', ''));
    expect(observation(log, dropping, null, 'mimando').problems[0]?.remedy).toMatch(
      /^on mimando: remove bob@internet\.example from the \.forward or alias that leads there, or have it sent in the name of example\.com;/,
    );
  });
  it('remains one after a later message has passed the same hop', () => {
    expect(observation(one + line('22 06:19:00', failed('0000000c', 'test@example.com', 'Ok'))).problems).toHaveLength(
      1,
    );
  });
  it('is new for --since each time there is more of it, and is resolved by an acknowledgement', () => {
    const [before, after] = [observation(one), observation(one + line('22 06:18:00', failed('0000000b')))];
    expect(sinceText([], before.hosts)).toContain('1 message was lost on namorar');
    expect(sinceText(reportable(before.hosts), after.hosts)).toContain('2 messages were lost');
    expect(sinceText(reportable(after.hosts), after.hosts)).toBe('');
    expect(observation(one, dropping, NOW).problems).toEqual([]);
  });
  it('is only a note once it is acknowledged, which does not include later mail', () => {
    const later = observation(one + line('22 06:40:00', failed('0000000b')), dropping, NOW - 1800);
    expect(later.problems[0]?.what).toBe('1 message was lost on namorar, the last one at Nov 22 06:40:00');
    expect(later.notes).toContain('1 lost message acknowledged within 7 days');
  });
  it('includes mail that has expired in the queue', () => {
    const expired = `relay: Expire for 8c5fa896e2244007: from=<alice@other.example>, to=<test@example.com>, rcpt=<->, delay=20d, stat=Envelope expired`;
    const [problem] = observation(line(at, expired)).problems;
    expect(problem?.evidence).toBe('from alice@other.example to test@example.com: Envelope expired');
    expect(problem?.remedy).toMatch(/^mailtun doctor /);
  });
  it('is the mail that a recorded machine lost', () => {
    const log = recorded(
      'faults',
      "the article's opportunistic relay (pki, smtp://), client certificate not trusted, TLS 1.2 listener with verify (THE MAIL IS LOST): queue, routes and log on the relay",
    );
    const [problem] = observation(
      log.replaceAll(/^(?=[0-9a-z-]+[ :])/gm, `Nov ${at} namorar smtpd[1]: `),
      sending,
    ).problems;
    expect(problem?.evidence).toMatch(/^from alice@other\.example\.net to test@example\.com: 530 5\.5\.1 /);
    expect(problem?.remedy).toMatch(/^mailtun provision \S+ --host namorar --only smtpd;/);
  });
});

describe('no mail was lost', () => {
  it.each([
    ['when the sender got a bounce', line(at, failed('0000000a', 'bob@dead.example')), sending],
    ['when a bounce found nobody', line(at, failed('0000000a', 'test@example.com', 'PermFail', '')), dropping],
    ['when a report about delay alone was dropped', line(at, unreported('0000000a')), dropping],
    [
      'while a bounce is tried again',
      line(at, failed('0000000a', 'bob@dead.example')) + line(at, unreported('0000000a', 'TempFail')),
      sending,
    ],
    [
      'when somebody outside was refused',
      line(at, '64b95565aea21c60 smtp failed-command command="RCPT TO:<x@example.com>" result="550 Invalid recipient"'),
      dropping,
    ],
    [
      'when the admin removed it',
      line(
        at,
        'relay: Remove for 38ce92fc861b971a: from=<a@b.example>, to=<test@example.com>, rcpt=<->, delay=10s, stat=Removed by administrator',
      ),
      dropping,
    ],
    ['within the last seven days', line('13 06:17:17', failed('0000000a')), dropping],
  ])('%s', (_, log, fleet) => {
    expect(observation(log, fleet).problems).toEqual([]);
  });
});
