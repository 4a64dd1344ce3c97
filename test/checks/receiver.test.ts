import { describe, expect, it } from 'vitest';
import { judgeFleet } from '../../src/checks/judge.ts';
import { articleWith, fleetOf } from '../tasks/fleets.ts';
import { fleet, machines, NOW } from './machines.ts';
import { KEYS } from './probe-keys.ts';

const wanting = fleetOf(articleWith(/# dmarc: .*/, 'dmarc: { policy: none }'));
const log =
  'Nov 22 06:00:00 namorar smtpd[4711]: 1c2d3e4f5a6b7c8d mta delivery evpid=52866920a1b2c3d4 from=<jay@example.com> to=<bob@internet.example> rcpt=<-> source="192.0.2.25" relay="192.0.2.254 (mx.internet.example)" delay=1s result="Ok" stat="250 2.0.0 taken"';

function said(spf: string, of = wanting, waiting = '', modes = ''): string {
  const all = machines(
    {
      namorar: {
        questions: {
          'the mail log': log,
          ...(of === fleet ? {} : { 'headers of outbound mail that waits': waiting }),
        },
        probes: {
          [KEYS.dns('txt', 'example.com')]: `example.com descriptive text "${spf}"`,
          [KEYS.dns('txt', 'smtp.example.com')]: 'smtp.example.com descriptive text "v=spf1 ip4:192.0.2.25 -all"',
          [KEYS.dns('txt', '_dmarc.example.com')]: `_dmarc.example.com descriptive text "v=DMARC1; p=none${modes}"`,
        },
      },
    },
    of,
  );
  const verdict = judgeFleet(of, all, NOW * 1000).find(({ hop }) => hop.kind === 'outside')?.verdict;
  return verdict?.kind === 'broken' ? verdict.problem.what : (verdict?.evidence ?? '');
}

const ours = 'v=spf1 ip4:192.0.2.25 ip6:2001:db8:1234:1234::b17e -all';
const rests = ', by its log line and the keys in smtpd.conf';

it('a receiver of the last message derives from SPF what DMARC requires', () => {
  expect(said(ours)).toBe(
    `1 message sent since yesterday; a receiver of the last one, from example.com, concludes SPF pass, DKIM none, DMARC pass (policy none)${rests}`,
  );
  expect(said('v=spf1 ip4:192.0.2.25 -all')).toContain(
    `concludes SPF fail, DKIM none, DMARC fail (policy none)${rests}`,
  );
  expect(said('v=spf1 -all', fleet)).toBe('1 message sent since yesterday');
});

describe('for a queued message', () => {
  const waits = (sender: string, headers: string, modes = ''): string =>
    said(ours, wanting, `# 52866920a1b2c3d4 ${sender}\n${headers}`, modes).split(
      '; a receiver of 52866920a1b2c3d4, which is queued, ',
    )[1] ?? '';

  it('SPF of the envelope counts for the header only if both have the same domain', () => {
    expect(waits('jay@example.com', 'From: Jay <jay@example.com>\n')).toBe(
      'from example.com, concludes SPF pass, DKIM none, DMARC pass (policy none), by its headers',
    );
    expect(waits('jay@example.com', 'From: Jay <jay@elsewhere.example>\n')).toBe(
      'from elsewhere.example, concludes SPF pass, DKIM none, DMARC fail, by its headers',
    );
    expect(waits('jay@example.com', 'From: =?utf-8?q?J?= <jay@news.example.com>\n')).toContain('DMARC pass');
  });
  it('names below a domain of the inventory belong to one organisation; of others only a parent is known to', () => {
    const from = (domain: string) => `From: Jay <jay@${domain}>\n`;
    expect(waits('jay@lists.example.com', from('news.example.com'))).not.toContain('DMARC fail');
    expect(waits('jay@lists.elsewhere.example', from('news.elsewhere.example'))).toContain('DMARC fail');
  });
  it('a subdomain of the header does not count where the record has strict alignment', () => {
    const from = 'From: Jay <jay@example.com>\n';
    const signed = `DKIM-Signature: v=1; d=lists.example.com; s=s1; bh=abc; b=def\n${from}`;
    expect(waits('jay@lists.example.com', signed)).toContain('DMARC unknown (policy none)');
    expect(waits('jay@lists.example.com', signed, '; aspf=s')).toContain('DMARC unknown');
    expect(waits('jay@lists.example.com', signed, '; aspf=s; adkim=s')).toContain('DMARC fail');
    expect(waits('jay@example.com', signed, '; aspf=s; adkim=s')).toContain('DMARC pass');
  });
  it('a signature is named, with its domain if that is not aligned', () => {
    const signed = (domain: string): string =>
      `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain};\n\ts=s1; bh=abc;\n b=def\nFrom: jay@example.com\n`;
    expect(waits('jay@example.com', signed('example.com'))).toContain('DKIM unknown (s1), DMARC pass');
    expect(waits('jay@elsewhere.example', signed('other.example'))).toContain(
      'SPF unknown, DKIM unknown (s1 of other.example), DMARC fail',
    );
  });
  it('a bounce is judged by its HELO name', () => {
    expect(waits('', 'From: Mailer Daemon <MAILER-DAEMON@smtp.example.com>\n')).toContain(
      'from smtp.example.com, concludes SPF fail',
    );
  });
});
