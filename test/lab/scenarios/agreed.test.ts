/** What two hosts must agree on is changed under mail, with one of them away or not chosen: nothing that was taken is lost. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsIn } from '../driver/mails.ts';
import { type ProvisionDocument, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'agreed';
const lab = labCalled(LAB);
const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
let inventory = '';
const edit = (from: string | RegExp, to: string): void => {
  const text = inventory.replace(from, to);
  if (text === inventory) throw new Error(`no ${from} in the inventory`);
  writeFileSync(path, text);
};

/** What was not done, and until when, by host. */
const heldIn = (document: ProvisionDocument): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    document.hosts.map(host => [
      host.name,
      host.changes.filter(change => !change.applied && change.why.includes('held back')).map(change => change.why),
    ]),
  );

beforeAll(async () => {
  await lab.up();
  inventory = readFileSync(path, 'utf8');
  const { exit, document } = await provisioned(LAB);
  expect([exit, document.hosts.map(host => host.roundTrips <= 6)]).toEqual([0, [true, true, true]]);
}, 120_000);
afterAll(lab.down);

/** The inventory as it was before, on every host. */
const settled = async (): Promise<void> => {
  writeFileSync(path, inventory);
  await provisioned(LAB);
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
};

/** What waits in a queue goes first. */
const eventuallySettled = async (): Promise<void> => {
  for (let run = 0; run < 20; run += 1) {
    const { document } = await provisioned(LAB);
    expect(document.totals.failed).toBe(0);
    if (document.hosts.every(host => host.changes.length === 0)) return;
    // A first attempt that fell into a restart is repeated after 400 s only.
    for (const host of ['namorar', 'carinho'])
      await lab.on(
        host,
        'smtpctl show routes | sed -n "s/^\\([0-9]*\\)\\. .*/\\1/p" | while read r; do smtpctl resume route $r; done; smtpctl schedule all',
      );
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  throw new Error('something is held back for ever');
};

/**
 * An smtpd that ends between its note of a mail and the answer makes two of it (RFC 1047). A quiet moment is waited for,
 * and missed once in some hundred ends on a busy machine; more than one of a kind would be a fault of ours.
 */
const isExact = ({ lost, doubled }: { readonly lost: number; readonly doubled: number }): void => {
  expect(lost).toBe(0);
  expect(doubled).toBeLessThanOrEqual(1);
};

describe('a new recipient', () => {
  test('is accepted by the relay only when the others accept it', async () => {
    edit('test: jay,', 'test: jay, nova: jay,');
    const counts = await underMail(LAB, lab, { to: 'nova@example.com' }, async () => {
      const relay = await provisioned(LAB, '--host', 'namorar');
      expect(heldIn(relay.document).namorar).toEqual([
        'recipient nova@example.com: held back until carinho is changed as well',
      ]);
      expect([relay.exit, relay.document.totals]).toMatchObject([2, { changed: 0, failed: 0 }]);
      const both = await provisioned(LAB, '--host', 'namorar', '--host', 'carinho');
      expect(heldIn(both.document).carinho).toEqual([
        'recipient nova@example.com: held back until mimando is changed as well',
      ]);
      await lab.must('carinho', 'rcctl stop sshd');
      expect(heldIn((await provisioned(LAB)).document).namorar).toHaveLength(1);
      await lab.must('carinho', 'rcctl start sshd');
      const check = await provisioned(LAB, '--check');
      expect(check.document.hosts.map(host => host.changes.map(change => change.resource))).toEqual([
        ['/etc/mail/smtpd.conf', 'service smtpd'],
        ['/etc/mail/smtpd.conf', 'service smtpd'],
        [],
      ]);
      const all = await provisioned(LAB);
      expect([all.exit, heldIn(all.document)]).toEqual([0, { namorar: [], carinho: [], mimando: [] }]);
    });
    isExact(counts);
    expect(counts.delivered).toBeGreaterThan(0);
    expect((await provisioned(LAB)).document.hosts.map(host => [host.changed, host.roundTrips])).toEqual(
      Array(3).fill([0, 1]),
    );
  }, 300_000);

  test('that is removed is first refused by the relay', async () => {
    const counts = await underMail(LAB, lab, { to: 'nova@example.com' }, async () => {
      writeFileSync(path, inventory);
      const { document } = await provisioned(LAB, '--host', 'mimando');
      expect(heldIn(document).mimando?.[0]).toContain('nova@example.com');
      await eventuallySettled();
    });
    isExact(counts);
    expect(await lab.must('carinho', 'cat /etc/mail/smtpd.conf')).not.toContain('nova@');
  }, 300_000);
});

describe('a domain that is removed', () => {
  test('is still valid for mail that its users have already sent', async () => {
    const mails = mailsIn(lab, LAB);
    edit('domain: example.com', 'domain: [example.com, example.net]');
    expect((await provisioned(LAB)).exit).toBe(0);
    await lab.must('mimando', 'smtpctl pause mta');
    await mails.submit('mimando', 'test@example.net', 'bob@internet.example', 'sent before');
    writeFileSync(path, inventory);
    const gateway = await provisioned(LAB, '--host', 'carinho');
    expect(heldIn(gateway.document).carinho).toContain(
      'senders of example.net are refused: held back until no mail of theirs waits on mimando',
    );
    expect((await provisioned(LAB)).document.totals.failed).toBe(0);
    await lab.on('mimando', 'smtpctl resume mta');
    await eventuallySettled();
    await mails.leaves('sent before');
    expect(await lab.must('carinho', 'cat /etc/mail/smtpd.conf')).not.toContain('example[.]net');
  }, 300_000);
});

describe('mail.tls', () => {
  test('is turned off only when no host requires it any more, and on again likewise', async () => {
    edit('mail:\n', 'mail:\n  tls: off\n');
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      const { document } = await provisioned(LAB, '--host', 'namorar');
      expect(heldIn(document).namorar).toEqual([
        'mail.tls towards carinho: held back until carinho is changed as well',
        'mail.tls on the tunnel: held back until carinho is changed as well',
      ]);
      const all = await provisioned(LAB);
      expect([all.exit, heldIn(all.document)]).toEqual([0, { namorar: [], carinho: [], mimando: [] }]);
      expect(await lab.must('mimando', 'cat /etc/mail/smtpd.conf')).not.toContain('tls-require');
      await settled();
      expect(await lab.must('mimando', 'cat /etc/mail/smtpd.conf')).toContain('tls-require');
    });
    isExact(counts);
  }, 300_000);

  test('is turned off together with new names, which have certificates as long as a host uses TLS', async () => {
    const names = inventory.replaceAll('vpn0.example.com', 'vpn9.example.com').replaceAll('carinho.lan', 'casa.lan');
    writeFileSync(path, names.replace('mail:\n', 'mail:\n  tls: off\n'));
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      await eventuallySettled();
      expect(await lab.must('carinho', 'cat /etc/mail/smtpd.conf')).not.toContain('pki');
      await settled();
    });
    isExact(counts);
  }, 300_000);
});

describe('an end of the tunnel', () => {
  const address = (): void => edit('address: "2001:db8:c1da::1"', 'address: "2001:db8:c1da::11"');
  const port = (): void => edit('mail:\n', 'tunnel: { port: 6901 }\nmail:\n');
  const held = 'tunnel address 2001:db8:c1da::11 of carinho: held back until carinho can be changed as well';

  test('keeps its address and its port while the other one cannot be changed', async () => {
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      address();
      const alone = await provisioned(LAB, '--host', 'namorar');
      expect([alone.exit, alone.document.totals.changed, heldIn(alone.document).namorar]).toEqual([2, 0, [held]]);
      await lab.must('carinho', 'rcctl stop sshd');
      const away = await provisioned(LAB);
      expect([away.document.totals.changed, heldIn(away.document).namorar]).toEqual([0, [held]]);
      port();
      for (let run = 0; run < 2; run += 1) {
        const { document } = await provisioned(LAB);
        expect([document.totals.changed, heldIn(document).namorar?.[0]]).toEqual([
          0,
          'tunnel.port 6901: held back until carinho can be changed as well',
        ]);
      }
      await lab.must('carinho', 'rcctl start sshd');
      address();
      const smtpd = await provisioned(LAB, '--only', 'smtpd');
      expect([smtpd.exit, smtpd.document.totals]).toMatchObject([2, { changed: 0, failed: 0 }]);
      const both = await provisioned(LAB);
      expect([both.exit, heldIn(both.document)]).toEqual([0, { namorar: [], carinho: [], mimando: [] }]);
      expect(await lab.must('carinho', 'ifconfig wg0')).toContain('2001:db8:c1da::11 ');
      await settled();
    });
    isExact(counts);
  }, 300_000);
});

describe('the user of the gateway', () => {
  const users = (host: string): Promise<string> =>
    lab.must(host, "awk '!/^#/ { print $1 }' /etc/mail/secrets | sort | xargs");

  test('changes when the relay knows the new one, and the old one is removed', async () => {
    edit('mail:\n', 'mail:\n  credentials: { user: newuser }\n');
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      const relay = await provisioned(LAB, '--host', 'namorar');
      expect([relay.exit, await users('namorar')]).toEqual([2, 'mailuser\n']);
      const gateway = await provisioned(LAB, '--host', 'carinho');
      expect([gateway.exit, await users('carinho')]).toEqual([2, 'mailuser newuser\n']);
      const all = await provisioned(LAB);
      expect(all.document.hosts.map(host => host.error)).toEqual([null, null, null]);
      expect([all.exit, await users('namorar'), await users('carinho')]).toEqual([0, 'newuser\n', 'newuser\n']);
      expect(await lab.must('carinho', 'ls /var/db/mailtun | grep hash')).toBe('hash.newuser\n');
      await settled();
    });
    isExact(counts);
  }, 300_000);
});

describe('the password of the gateway', () => {
  const secrets = (): Promise<readonly string[]> =>
    Promise.all(['namorar', 'carinho'].map(host => lab.must(host, 'sha256 -q /etc/mail/secrets')));

  test('changes only together with the relay', async () => {
    edit('mail:\n', 'mail:\n  credentials: { password: { command: [echo, "a password of the inventory"] } }\n');
    const before = await secrets();
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      const alone = await provisioned(LAB, '--host', 'carinho');
      expect([alone.exit, heldIn(alone.document).carinho]).toEqual([
        2,
        ['the password of mailuser: held back until namorar is changed as well'],
      ]);
      expect(await secrets()).toEqual(before);
      expect((await provisioned(LAB)).exit).toBe(0);
      const after = await secrets();
      expect(after.filter((sum, index) => sum === before[index])).toEqual([]);
      await settled();
    });
    isExact(counts);
  }, 300_000);
});
