/** Homes and ~/.forward that smtpd refuses: it says so, doctor names it, the remedy is typed, and all is well. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { doctorLab } from './doctoring.ts';

const lab = doctorLab('forwards');

beforeAll(() => lab.ready());
afterAll(() => lab.down());
// Whatever the row before has left: a remedy that was not named was not run.
beforeEach(async () => {
  await lab.must(
    'mimando',
    `rm -f ${FORWARD} ${HOME}/f; chmod 755 ${HOME}; echo jay >${FORWARD}; chown jay ${FORWARD}; chmod 644 ${FORWARD}`,
  );
});

const HOME = '/home/jay';
const FORWARD = `${HOME}/.forward`;

/**
 * Of a file that it does not trust smtpd says so in its log; whether it refuses the mail hangs on an errno that is left
 * over.
 */
const INSECURE = /insecure file/;

test.each([
  [`chmod 1755 ${HOME}`, `${HOME} is sticky`, /424 4\.2\.4/],
  [`chmod 664 ${FORWARD}`, `others may write to ${FORWARD}`, INSECURE],
  [`chown root ${FORWARD}`, `${FORWARD} belongs to uid 0`, INSECURE],
  [`mv ${FORWARD} ${HOME}/f; ln -s f ${FORWARD}`, `${FORWARD} is a symbolic link`, /524 5\.2\.4/],
  [`chmod 775 ${HOME}`, `others may write to ${HOME}`, INSECURE],
  [`echo jay, kim >${FORWARD}`, `kim in ${FORWARD} has no account`, /550 Invalid recipient/],
])('%s', async (make, why, said) => {
  await lab.must('mimando', `:>/var/log/maillog; ${make}`);
  const { stderr } = await lab.on('mimando', 'echo x | sendmail -f test@example.com jay');
  expect(stderr + (await maillogOf(lab, 'mimando'))).toMatch(said);
  const does = said === INSECURE ? 'refuses mail for, or ignores the .forward of,' : 'refuses mail for';
  const remedy = await lab.names(`smtpd on mimando ${does} jay: ${why}`, 'mimando', /^stat: |: no such user$/);
  await lab.must('mimando', remedy.replace('on mimando: ', ''));
  await lab.isHealthy();
});
