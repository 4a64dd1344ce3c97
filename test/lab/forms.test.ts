/** What stand-ins once printed in a kinder form than OpenBSD 7.8 does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labCalled } from './on-host.ts';

const lab = labCalled('forms');

beforeAll(() => lab.up());
afterAll(() => lab.down());

test('openssl s_client prints the last line of the answer to EHLO with its carriage return, behind the report', async () => {
  const script = 'openssl s_client -starttls smtp -connect 127.0.0.1:25 </dev/null';
  await lab.must('namorar', `${TLS_ON_LOOPBACK} rcctl -f start smtpd; sleep 1`);
  const { stdout, stderr } = await lab.on('namorar', script);
  expect(stdout).not.toContain('250 HELP');
  expect(stderr).toMatch(/^250 HELP\r\n/m);
});

const TLS_ON_LOOPBACK = `rcctl stop smtpd; cd /etc/ssl/private; umask 077
openssl req -x509 -newkey rsa:2048 -nodes -keyout l.key -out l.crt -batch -subj /CN=localhost -days 9 2>/dev/null
sed '1i\\
pki l cert "/etc/ssl/private/l.crt"\\
pki l key "/etc/ssl/private/l.key"
s/^listen on lo0/& tls pki l/' /etc/mail/smtpd.conf >/tmp/conf; cat /tmp/conf >/etc/mail/smtpd.conf;`;
