import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIL_FAULTS } from './doctor-faults.ts';
import { doctorLab } from './doctoring.ts';

const lab = doctorLab('doctor');

beforeAll(() => lab.ready());
afterAll(() => lab.down());

describe('the doctor names what stops mail, and nothing else', () => {
  it.each(MAIL_FAULTS.map(fault => [fault.about, fault] as const))('%s', (_, fault) => lab.lives(fault));

  it('smtpd is stopped on the gateway; when it is back, mail is stuck behind a disabled route, and the remedy frees it', async () => {
    await lab.must('carinho', 'rcctl stop smtpd');
    await lab.must('namorar', 'print x | sendmail -f x@y.example test@example.com');
    const sent = Date.now();
    await lab.names('smtpd is not running on carinho', 'carinho');

    await new Promise(resolve => setTimeout(resolve, sent + 32_000 - Date.now()));
    const disabled = 'until smtpctl show routes | grep -q "vpn0.*) .D--"; do smtpctl schedule all; sleep 1; done';
    await lab.must('namorar', disabled);
    await lab.must('carinho', 'rcctl start smtpd');
    const remedy = await lab.names('mail is stuck on namorar behind a disabled route to carinho', 'namorar');
    const typed = remedy.replace('on namorar: ', '');
    await lab.must('namorar', `${typed}; until [ -z "$(smtpctl show queue)" ]; do sleep 0.2; done`);
    await lab.isHealthy();
    expect(typed).toMatch(/^smtpctl resume route \d+; sleep 15; smtpctl schedule all$/);
  });
});
