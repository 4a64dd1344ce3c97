import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { DIRECTORY, fetchPebble, layAcmeClient, pebbleRoot, startPebble } from '../driver/pebble.ts';

const LAB = 'acme';
const lab = labCalled(LAB);
const INVENTORY = 'inventory-acme.yaml';
const provision = (...options: readonly string[]) => mailtun(LAB, 'provision', INVENTORY, ...options);

beforeAll(async () => {
  await fetchPebble();
  await lab.up();
  await layAcmeClient(lab);
  const folder = `/var/tmp/mailtun-lab/${LAB}`;
  const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  const certificates = `certificates: { acme: { contact: hostmaster@example.com, directory_url: "${DIRECTORY}" } }`;
  writeFileSync(`${folder}/${INVENTORY}`, text.replace(/^ {4}outbound:/m, `    ${certificates}\n    outbound:`));
});
afterAll(lab.down);

/** Which certificates the relay's smtpd is configured to show, by name. */
async function shown(): Promise<Readonly<Record<string, string>>> {
  const conf = await lab.must('namorar', 'cat /etc/mail/smtpd.conf');
  return Object.fromEntries(
    [...conf.matchAll(/^pki (\S+) cert "\/etc\/ssl\/(\S+)"$/gm)].map(([, name = '', path = '']) => [name, path]),
  );
}
const authority = () => lab.must('carinho', 'grep \'^action "outbound"\' /etc/mail/smtpd.conf');
const started = () => lab.must('namorar', 'pgrep -o -xf /usr/sbin/smtpd');

/**
 * Sends a mail out from the workstation and waits until the internet has it. smtpd keeps a session open for ten seconds
 * and does not see that the other end was restarted: what it puts into such a one is tried again minutes later.
 */
async function sendsOut(subject: string): Promise<void> {
  for (const host of ['mimando', 'carinho']) await eventually(lab, host, '! smtpctl show routes | grep -q nconn=[1-9]');
  await lab.must(
    'mimando',
    `print 'Subject: ${subject}\\n\\nhello' | sendmail -f test@example.com bob@internet.example`,
  );
  await eventually(lab, 'internet', `grep -rq 'Subject: ${subject}' /var/outbox`);
}

describe('certificates of an authority', () => {
  test('that does not answer leave the self-signed ones in use, and mail flows', async () => {
    const { exit, stdout } = await provision();
    expect(exit).toBe(1);
    expect(stdout).toContain(
      'the certificate authority issued no certificate for mx1.example.com; the self-signed one stays',
    );
    expect(await shown()).toMatchObject({ 'mx1.example.com': 'private/mx1.example.com.ssc' });
    await sendsOut('before the authority');
  });

  test('are fetched by the next run and presented; the outbound one only once systems trust it', async () => {
    await startPebble(lab);
    const { exit, stdout } = await provision();
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(await shown()).toMatchObject({
      'vpn1.example.com': 'private/vpn1.example.com.ssc',
      'mx1.example.com': 'mx1.example.com.crt',
      'mx2.example.com': 'mx2.example.com.crt',
      'smtp.example.com': 'private/smtp.example.com.ssc',
    });
    expect(await authority()).toContain('relay tls ca vpnca ');
    await sendsOut('an authority that nobody knows');
  });

  test('are verified by the gateway once they are trusted', async () => {
    const root = await pebbleRoot(lab);
    for (const host of ['namorar', 'carinho']) await lab.must(host, 'cat >>/etc/ssl/cert.pem', root);
    const { exit, stdout } = await provision();
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(await shown()).toMatchObject({ 'smtp.example.com': 'smtp.example.com.crt' });
    expect(await authority()).toContain('relay tls pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com');
    expect(await lab.must('carinho', 'cat /etc/ssl/vpnca.pem')).not.toContain('smtp.example.com');
    await sendsOut('verified by the system');
  });

  test('need no further change', async () => {
    const { exit, stdout } = await provision('--check');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
  });
});

describe('the line in cron', () => {
  const renew = `eval "$(crontab -l | sed -n '/certificates: begin/{n;p;}' | cut -f 6-)"`;
  test('prints and does nothing while no renewal is due', async () => {
    const before = await started();
    expect(await lab.on('namorar', renew)).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(await started()).toBe(before);
  });
  test('restarts smtpd when a certificate has changed, and the next run changes nothing', async () => {
    const before = await started();
    await lab.must('namorar', 'rm /etc/ssl/mx2.example.com.crt');
    const pauses = async () => (await maillogOf(lab, 'namorar')).split('info: mta paused').length - 1;
    const paused = await pauses();
    await lab.on('namorar', renew);
    expect(await started()).not.toBe(before);
    expect(await pauses()).toBe(paused + 1);
    await eventually(lab, 'namorar', '[ "$(smtpctl show status | grep -c running)" = 3 ]', 10);
    expect((await provision('--check')).exit).toBe(0);
  });
});

describe("the user's own web server", () => {
  const own = (name: string) =>
    lab.must('namorar', `print 'server "${name}" {\\n\\tlisten on * port 80\\n}' >/etc/httpd.conf`);
  test("with one of the relay's names but without challenges stops the run before anything is changed", async () => {
    await own('smtp.example.com');
    const { exit, stdout } = await provision();
    expect(exit).toBe(1);
    expect(stdout).toContain('has a server on port 80 for smtp.example.com that does not serve ACME challenges');
  });
  test('of another name goes on beside a server for the challenges', async () => {
    await own('www.example.net');
    expect((await provision()).exit).toBe(0);
    const conf = await lab.must('namorar', 'cat /etc/httpd.conf');
    expect(conf).toContain('server "www.example.net" {');
    expect(conf).toContain('server "smtp.example.com" {');
    await lab.must('namorar', 'rm /etc/httpd.conf');
    expect((await provision()).exit).toBe(0);
  });
});

describe("the user's own files", () => {
  test('replace the authority: its configuration is removed, and the gateway still verifies', async () => {
    await certificateFiles(`/var/tmp/mailtun-lab/${LAB}`, 'smtp.example.com');
    const { exit, stdout } = await mailtun(LAB, 'provision', 'inventory-files.yaml');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(await shown()).toMatchObject({
      'smtp.example.com': 'mailtun.smtp.example.com.crt',
      'mx1.example.com': 'private/mx1.example.com.ssc',
    });
    expect(await authority()).not.toContain('vpnca');
    expect(await lab.must('namorar', "stat -f '%OMp%OLp %Su' /etc/ssl/private/mailtun.smtp.example.com.key")).toBe(
      '0600 root\n',
    );
    expect(await lab.must('namorar', 'crontab -l')).not.toContain('acme-client');
    expect((await lab.on('namorar', 'ls /usr/local/libexec/mailtun-restart')).exit).toBe(1);
    expect((await lab.on('namorar', 'rcctl check httpd || rcctl get httpd status || ls /etc/httpd.conf')).exit).toBe(1);
    await sendsOut('with a file of my own');
    expect((await mailtun(LAB, 'provision', 'inventory-files.yaml', '--check')).exit).toBe(0);
  });
  test.each([
    ['removed', 'inventory.yaml', 'mailtun.smtp.example.com.crt'],
    ['added', 'inventory-files.yaml', 'private/smtp.example.com.ssc'],
  ])('are %s only where relay and gateway can be changed in one run', async (what, inventory, before) => {
    if (what === 'added') expect((await mailtun(LAB, 'provision', 'inventory.yaml')).exit).toBe(0);
    const trusted = await authority();
    for (const host of ['namorar', 'carinho']) {
      const { exit, stdout } = await mailtun(LAB, 'provision', inventory, '--host', host);
      if (host === 'namorar')
        expect([exit, stdout]).toEqual([
          2,
          expect.stringContaining('the certificate of smtp.example.com: held back until carinho is changed as well'),
        ]);
      expect([await shown(), await authority()]).toMatchObject([{ 'smtp.example.com': before }, trusted]);
      await sendsOut(`${what} on ${host} alone`);
    }
    expect(await mailtun(LAB, 'provision', inventory)).toMatchObject({ exit: 0 });
    expect((await shown())['smtp.example.com']).not.toBe(before);
    await sendsOut(`${what} on both`);
  });
  test('can be removed again', async () => {
    const { exit, stdout } = await mailtun(LAB, 'provision', 'inventory.yaml');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(await shown()).toMatchObject({ 'smtp.example.com': 'private/smtp.example.com.ssc' });
    expect(await lab.must('namorar', 'ls /etc/ssl /etc/ssl/private')).not.toContain('mailtun.');
    await sendsOut('self-signed again');
  });
});

/** A certificate that the lab's hosts trust, beside an inventory that names it. */
async function certificateFiles(folder: string, name: string): Promise<void> {
  const shell = `cd "$0"; echo "subjectAltName=DNS:$2" >ext
openssl req -newkey rsa:2048 -nodes -keyout own.key -subj "/CN=$2" -out csr
openssl x509 -req -in csr -CA "$1/public_ca.crt" -CAkey "$1/public_ca.key" -set_serial 7 -days 60 -extfile ext -out own.pem`;
  await execa('sh', ['-ec', shell, folder, new URL('../machine/keys', import.meta.url).pathname, name]);
  const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  const certificates = `certificates: { files: { ${name}: { cert: own.pem, key: own.key } } }`;
  writeFileSync(
    `${folder}/inventory-files.yaml`,
    text.replace(/^ {4}outbound:/m, `    ${certificates}\n    outbound:`),
  );
}
