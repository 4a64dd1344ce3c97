import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'watch';
const lab = labCalled(LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB }, input: 'hello\n' });

beforeAll(async () => {
  await lab.up();
  const { document } = await provisioned(LAB);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
});
afterAll(lab.down);

const send = (subject: string) =>
  script('send', '--from', 'a@internet.example', '--to', 'test@example.com', '--subject', subject);
const arrives = (subject: string, seconds: number) =>
  eventually(lab, 'mimando', `grep -Rq 'Subject: ${subject}' /home/jay/maildir/in`, seconds);

test('the watch starts with the run that installs it, not at the next minute', async () => {
  for (const host of ['namorar', 'carinho']) {
    const { stdout } = await lab.on(host, 'ps -o args= -p "$(cat /var/run/mailtun.watching)"');
    expect(stdout).toContain('/usr/local/libexec/mailtun-watch wg0 example.com 2001:db8:c1da::');
  }
});

/** Seconds, as docs/second-line.md reckons them up. */
const AIM = 30;

describe('queued mail is sent soon', () => {
  test('after a boot of the gateway, whose tunnel stays silent by itself', async () => {
    await script('reboot', 'carinho');
    await send('after the boot of the gateway');
    await arrives('after the boot of the gateway', AIM);
  });

  test('after a boot of the relay, which does not know the endpoint of the gateway', async () => {
    await script('reboot', 'namorar');
    await send('after the boot of the relay');
    await arrives('after the boot of the relay', AIM);
  });

  test('after an outage in which smtpd has disabled the route and delayed its next attempt', async () => {
    // smtpd keeps a session open for a while, and would sit in it for minutes.
    await eventually(lab, 'namorar', '! smtpctl show routes | grep -q nconn=1', 60);
    await script('link', 'carinho', 'cut');
    // Refused at once, or smtpd would sit in its first attempt as long.
    await lab.must('namorar', "print 'block return out quick on wg0 proto tcp to port 25' | pfctl -q -a mailtun -f -");
    await send('through the outage');
    await eventually(lab, 'namorar', "smtpctl show queue | grep -q 'pending|[0-9]*|Network error'", 60);
    await lab.must('namorar', 'pfctl -q -a mailtun -f /etc/pf.mailtun.conf');
    await script('link', 'carinho', 'restore');
    await arrives('through the outage', AIM);
  });

  test("after only the gateway's smtpd was down for a moment", async () => {
    await lab.must('carinho', 'rcctl stop smtpd');
    await send('while smtpd was down');
    await eventually(lab, 'namorar', "smtpctl show queue | grep -q '1|pending|'", 60);
    await lab.must('carinho', 'rcctl start smtpd');
    await arrives('while smtpd was down', 75);
  });

  test('when smtpd was paused while the tunnel came back, which its scheduler has to survive', async () => {
    const far = '/var/run/mailtun.answers.2001:db8:c1da::1';
    await lab.must('namorar', 'smtpctl pause mta');
    await send('while smtpd was paused');
    await eventually(lab, 'namorar', "smtpctl show queue | grep -q '|pending|'");
    // For the watch the far end answers again. What it does about it, it has done when the next one has taken over.
    const watches = await lab.must('namorar', `rm -f ${far}; cat /var/run/mailtun.watching`);
    const hasSeen = `[ -e ${far} ] && [ "$(cat /var/run/mailtun.watching)" != ${watches.trim()} ]`;
    await eventually(lab, 'namorar', hasSeen, 90);
    await lab.must('namorar', 'smtpctl resume mta');
    await arrives('while smtpd was paused', AIM);
  });

  test('and nothing about it is in mail to root or in the log of cron', async () => {
    for (const host of ['namorar', 'carinho'])
      expect((await lab.on(host, 'grep -c mailtun-watch /var/cron/log')).stdout).toBe('0\n');
    expect((await lab.on('mimando', "grep -Rl 'Cron Daemon' /home/jay/maildir/in")).stdout).toBe('');
  });
});
