/** smtpd stores the name of its action with a queued mail: whatever is changed meanwhile, the mail goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsIn } from '../driver/mails.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'queued';
const lab = labCalled(LAB);
const mails = mailsIn(lab, LAB);
const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
let inventory = '';

const edit = (from: string | RegExp, to: string): void => {
  const text = inventory.replace(from, to);
  if (text === inventory) throw new Error(`no ${from} in the inventory`);
  writeFileSync(path, text);
};
const goesOn = (host: string): Promise<unknown> =>
  lab.on(
    host,
    'smtpctl show routes | sed -n "s/^\\([0-9]*\\)\\. .*/\\1/p" | while read r; do smtpctl resume route $r; done; smtpctl schedule all',
  );
const queueOf = (host: string): Promise<string> => lab.must(host, 'smtpctl show queue');
const stranded = async (host: string): Promise<number> => {
  const { stdout } = await mailtun(LAB, 'status', 'inventory.yaml', '--json');
  return JSON.parse(stdout).hosts.find((one: { name: string }) => one.name === host).smtpd.stranded;
};
const HOSTS = ['namorar', 'carinho', 'mimando'];
/** Numbered mails both ways meanwhile, beside the one that waits. */
const losesNothing = async (work: () => Promise<void>): Promise<void> => {
  const { sent, lost, doubled } = await underMail(LAB, lab, { to: 'test@example.com' }, work);
  const left = await Promise.all(HOSTS.map(stranded));
  const counts = { lost, stranded: left.reduce((sum, one) => sum + one, 0), doubled };
  console.log(expect.getState().currentTestName, JSON.stringify({ sent, ...counts }));
  expect(counts).toEqual({ lost: 0, stranded: 0, doubled: 0 });
  expect(sent).toBeGreaterThan(0);
};
/** By hand, while no mail is in transit: that would be sent twice, which is not mailtun's doing. */
const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
  const paused = await Promise.all(HOSTS.map(async host => (await lab.on(host, 'smtpctl pause mta')).exit === 0));
  for (const host of HOSTS.filter((_, index) => paused[index]))
    await eventually(lab, host, '! smtpctl show stats | grep -q "^mta.task=[1-9]"');
  const done = await work();
  await Promise.all(HOSTS.map(host => lab.on(host, 'smtpctl resume mta')));
  return done;
};
/** An action gets another name in smtpd.conf, and somebody else has written the file. */
const renamed = (host: string, from: string, to: string): Promise<string> =>
  lab.must(
    host,
    `sed -e "s/\\"${from}\\"/\\"${to}\\"/" -e '/Written by mailtun/d' /etc/mail/smtpd.conf >/tmp/c && cat /tmp/c >/etc/mail/smtpd.conf && rcctl restart smtpd`,
  );
/** The relay's way in, as its file names it. */
const inbound = async (): Promise<string> =>
  /^action "([^"]*)" .*vpn0/m.exec(await lab.must('namorar', 'cat /etc/mail/smtpd.conf'))?.[1] ?? '';

beforeAll(async () => {
  await lab.up();
  inventory = readFileSync(path, 'utf8');
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
}, 120_000);
afterAll(lab.down);

describe('mail queued on the relay for the gateway', () => {
  test('prevents an undo to an smtpd.conf without its action', async () => {
    await losesNothing(async () => {
      await quietly(() => lab.must('carinho', 'rcctl stop smtpd'));
      expect(await mails.send('test@example.com', 'undone')).toContain('250');
      const before = await lab.must('namorar', 'cat /etc/mail/smtpd.conf');
      const { exit, stdout } = await mailtun(LAB, 'undo', 'inventory.yaml', '--all');
      expect([exit, stdout]).toEqual([
        1,
        expect.stringMatching(
          /\d queued messages? needs? an action that the earlier smtpd\.conf does not have: "relay_in/,
        ),
      ]);
      // Where other mail is on its way meanwhile, the others refuse as well.
      expect(stdout).toMatch(/^0 changed, 0 unchanged, 3 failed$/m);
      expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).toBe(before);
      await lab.must('carinho', 'rcctl start smtpd');
      await goesOn('namorar');
      await mails.arrives('mimando', 'undone');
    });
  });

  test('arrives although a hand-made file with another name was taken over', async () => {
    await losesNothing(async () => {
      const name = await inbound();
      await quietly(() => renamed('namorar', name, 'my_inbound'));
      await quietly(() => lab.must('carinho', 'rcctl stop smtpd'));
      expect(await mails.send('test@example.com', 'taken-over')).toContain('250');
      const { exit, document } = await provisioned(LAB, '--take-over', '--host', 'namorar');
      expect([exit, document.hosts[0]?.error]).toEqual([0, null]);
      expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).toContain('action "my_inbound" relay tls');
      expect(await queueOf('namorar')).toContain('test@example.com');
      // What nobody needs any more is no reason for a restart.
      await lab.must('carinho', 'rcctl start smtpd');
      await goesOn('namorar');
      await mails.arrives('mimando', 'taken-over');
    });
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test('is found and freed where it is stranded', async () => {
    await lab.must('carinho', 'rcctl stop smtpd');
    expect(await mails.send('test@example.com', 'stranded')).toContain('250');
    const name = await inbound();
    await renamed('namorar', name, 'other');
    await eventually(lab, 'namorar', 'smtpctl show status && test -z "$(smtpctl show queue)"');
    expect(await stranded('namorar')).toBe(1);
    await lab.must('carinho', 'rcctl start smtpd');
    const what = 'mail is queued on namorar for an action that smtpd.conf does not have';
    for (const command of ['status', 'doctor']) {
      const { exit, stdout } = await mailtun(LAB, command, 'inventory.yaml');
      expect([command, exit, stdout.replace(/\s+/g, ' ')]).toEqual([command, 2, expect.stringContaining(what)]);
    }
    const { document } = await provisioned(LAB, '--take-over', '--host', 'namorar');
    expect(document.hosts[0]?.error).toBe(null);
    await goesOn('namorar');
    await mails.arrives('mimando', 'stranded');
    expect(await stranded('namorar')).toBe(0);
  });

  test('is named, and nothing is changed, if no action for it is certain', async () => {
    const before = await lab.must('namorar', 'cat /etc/mail/smtpd.conf');
    await lab.must(
      'namorar',
      `{ echo 'action "partner" relay host smtp://[192.0.2.99]'; echo 'match from any for domain "partner.example" action "partner"'
         sed '/Written by mailtun/d' /etc/mail/smtpd.conf; } >/tmp/c && cat /tmp/c >/etc/mail/smtpd.conf && rcctl restart smtpd`,
    );
    expect(await mails.send('x@partner.example', 'unclear', '--mx', 'mx1.example.com')).toContain('250');
    const made = await lab.must('namorar', 'cat /etc/mail/smtpd.conf');
    const { exit, document } = await provisioned(LAB, '--take-over', '--host', 'namorar');
    expect(exit).toBe(1);
    const what = /[0-9a-f]{16} from <alice@internet.example> to <x@partner.example>/;
    expect(document.hosts[0]).toMatchObject({ changed: 0, error: { what: expect.stringMatching(what) } });
    expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).toBe(made);
    expect(await queueOf('namorar')).toContain('x@partner.example');
    await lab.must('namorar', 'smtpctl remove all; cat >/etc/mail/smtpd.conf; rcctl restart smtpd', before);
    expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  });
});

describe('mail queued on the gateway for the relay', () => {
  test('is sent although another domain is now the first', async () => {
    await losesNothing(async () => {
      await quietly(() => lab.must('namorar', 'rcctl stop smtpd'));
      await mails.submit('mimando', 'test@example.com', 'bob@internet.example', 'domains');
      await eventually(lab, 'carinho', 'smtpctl show queue | grep -q bob@internet.example');
      edit('domain: example.com', 'domain: [example.net, example.com]');
      const { document } = await provisioned(LAB);
      expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
      await goesOn('carinho');
      await mails.leaves('domains');
    });
    writeFileSync(path, inventory);
    expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  });
});
