import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { MAIL_FAULTS } from './doctor-faults.ts';
import { doctorLab } from './doctoring.ts';

const lab = doctorLab('doctor');

beforeAll(() => lab.ready());
afterAll(() => lab.down());

describe('the doctor names what stops mail, and nothing else', () => {
  it.each(MAIL_FAULTS.map(fault => [fault.about, fault] as const))('%s', (_, fault) => lab.lives(fault));

  it('smtpd is stopped on the gateway; when it is back, mail is stuck behind a disabled route, and the remedy frees it', async () => {
    await lab.must('carinho', 'rcctl stop smtpd');
    // The tunnel watch of namorar would enable the route again within five seconds. Without its file it ends at each start.
    await lab.must('namorar', 'cd /var/run && rm mailtun.watching && mkdir mailtun.watching');
    await lab.must('namorar', 'print x | sendmail -f x@y.example test@example.com');
    await lab.names('smtpd is not running on carinho', 'carinho');

    // A mail is called stuck half a minute after it was sent: so this comes first.
    const created = `smtpctl show queue | awk -F'|' '{ print $8 }'`;
    await eventually(lab, 'namorar', `[ $(($(date +%s) - $(${created}))) -gt 30 ]`, 60);
    // Each failure disables it for longer: 15 s, then a minute (mta.c). Of the first most has often gone by.
    const disabled = 'smtpctl show routes | grep -Eq "vpn0.*) .D--.*timeout=(1[0-5]s|[2-5][0-9]s|1m)"';
    await eventually(lab, 'namorar', `${disabled} || { smtpctl schedule all; false; }`, 60);
    await lab.must('carinho', 'rcctl start smtpd');
    const remedy = await lab.names('mail is stuck on namorar behind a disabled route to carinho', 'namorar');
    const typed = remedy.replace('on namorar: ', '');
    await lab.must('namorar', typed);
    await eventually(lab, 'namorar', '[ -z "$(smtpctl show queue)" ]', 60);
    await lab.must('namorar', 'rmdir /var/run/mailtun.watching');
    await lab.isHealthy();
    expect(typed).toMatch(/^smtpctl resume route \d+; sleep 15; smtpctl schedule all$/);
  });

  it("a recipient's ~/.forward leads outside: mail from a sender outside is lost, as status says", async () => {
    const forward = 'print bob@internet.example >/home/jay/.forward; chown jay /home/jay/.forward';
    await lab.must('mimando', forward);
    try {
      await lab.must('namorar', 'print x | sendmail -f sender@else.example test@example.com');
      const refused = 'mta delivery evpid=.* from=<sender@else.example> to=<bob@internet.example> .*result="PermFail"';
      await lab.must(
        'mimando',
        `tries=60; gone() { grep -q '${refused}' /var/log/maillog && [ -z "$(smtpctl show queue)" ]; }
until gone || [ $tries -eq 0 ]; do sleep 0.5; tries=$((tries - 1)); done; gone`,
      );
      const { exit, stdout } = await mailtun('doctor', 'status', 'inventory.yaml', '--json');
      const { hosts } = JSON.parse(stdout) as { hosts: { problems: { what: string; evidence: string }[] }[] };
      expect(hosts.flatMap(host => host.problems)).toMatchObject([
        {
          what: expect.stringMatching(/^1 message was lost on mimando/),
          remedy: expect.stringContaining('remove bob@internet.example from the .forward'),
        },
        {
          what: 'mail for jay on mimando is forwarded outside, where mail from other senders is refused',
          evidence: expect.stringMatching(/^\/home\/jay\/\.forward: bob@internet\.example; /),
        },
      ]);
      expect(exit).toBe(2);
    } finally {
      await lab.must('mimando', 'rm /home/jay/.forward');
    }
    await mailtun('doctor', 'status', 'inventory.yaml', '--host', 'mimando', '--acknowledge');
    await lab.isHealthy();
  });
});
