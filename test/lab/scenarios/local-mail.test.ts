import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsIn } from '../driver/mails.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

/** What the hosts send and get themselves: root's mail, and that of cron. */
const LAB = 'local';
const lab = labCalled(LAB);
const mails = mailsIn(lab, LAB);

beforeAll(async () => {
  await lab.up();
  const { document } = await provisioned(LAB);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
});
afterAll(lab.down);

describe('hosts whose own name is not the one in the LAN', () => {
  beforeAll(async () => {
    for (const [host, name, address] of [
      ['carinho', 'gw.example.net', '2001:db8:6969::1'],
      ['mimando', 'desk.example.net', '2001:db8:6969::2'],
    ] as const) {
      await lab.must(host, `echo ${name} >/etc/mail/mailname; rcctl restart smtpd`);
      // rcctl does not wait for the listener, and a first attempt that fails is repeated after minutes.
      await eventually(lab, host, `nc -z -w 1 ${address} 25`);
    }
  });

  test('get mail for their name in the LAN from each other', async () => {
    await mails.submit('carinho', 'root@carinho.lan', 'root@mimando.lan', 'down-the-lan');
    await mails.arrives('mimando', 'down-the-lan');
    await mails.submit('mimando', 'root@mimando.lan', 'root@carinho.lan', 'up-the-lan');
    await mails.arrives('mimando', 'up-the-lan');
  });

  test('and from themselves', async () => {
    for (const host of ['carinho', 'mimando']) {
      await mails.submit(host, 'root', `root@${host}.lan`, `own-name-${host}`);
      await mails.arrives('mimando', `own-name-${host}`);
    }
  });
});

describe("an alias of the admin's own, to the outside", () => {
  test.each(['namorar', 'carinho'])("takes root's mail out from %s", async host => {
    await lab.must(host, "printf '%s\\n' 'root: admin@internet.example' | cat - /etc/mail/aliases >/tmp/aliases");
    await lab.must(host, 'cat /tmp/aliases >/etc/mail/aliases');
    expect(await mailtun(LAB, 'provision', 'inventory.yaml')).toMatchObject({ exit: 0 });
    await mails.submit(host, 'root', 'root', `cron-of-${host}`);
    await mails.leaves(`cron-of-${host}`);
  });

  test.each(['namorar', 'carinho'])('lets no bounce out of %s', async host => {
    const { exit, stderr } = await lab.on(host, "sendmail -f '<>' alice@internet.example", 'Subject: bounce\n\nhi\n');
    expect({ exit, stderr }).toMatchObject({ exit: 70, stderr: expect.stringContaining('550 Invalid recipient') });
  });

  test('and the bounce of what is refused outside is dropped', async () => {
    await mails.submit('carinho', 'alice@internet.example', 'refuse@internet.example', 'refused');
    const dropped = 'grep -q "PermFail injecting failure report.*550 Invalid recipient" /var/log/maillog';
    await eventually(lab, 'namorar', dropped);
    expect((await mails.outbox()).filter(mail => mail.includes('refused'))).toEqual([]);
  });

  test('relays no mail from outside', async () => {
    for (const [to, mx] of [
      ['victim@internet.example', 'mx1.example.com'],
      ['root@namorar.example.com', 'mx2.example.com'],
    ] as const)
      expect(await mails.send(to, 'relayed', '--mx', mx)).toContain('550 Invalid recipient');
  });
});

test('smtpd starts when its address comes after the boot, as from a router that was without power as well', async () => {
  // Long after rc(8): netstart(8) has waited ten seconds for dhcpleased(8), and smtpd has exited.
  await lab.must('mimando', 'cp /etc/hostname.vio1 /root/was; echo up >/etc/hostname.vio1; sync');
  await execa('scripts/lab', ['reboot', 'mimando'], { env: { LAB } });
  await eventually(lab, 'mimando', 'grep -q "bind: Can\'t assign requested address" /var/log/maillog');
  await eventually(lab, 'mimando', '! rcctl check smtpd');
  const { hosts } = JSON.parse((await mailtun(LAB, 'status', 'inventory.yaml', '--json')).stdout);
  const codes = (name: string): readonly string[] =>
    hosts.find((host: { name: string }) => host.name === name).problems.map((one: { code: string }) => one.code);
  expect(codes('mimando')).toContain('smtpd-address-missing');
  await lab.must('mimando', 'mv /root/was /etc/hostname.vio1; sh /etc/netstart vio1');
  await eventually(lab, 'mimando', 'nc -z -w 1 2001:db8:6969::2 25', 60);
  await mails.send('test@example.com', 'after-the-boot');
  await mails.arrives('mimando', 'after-the-boot');
});

test('a host whose sshd is in another routing table is changed in table 0', async () => {
  await lab.must('mimando', 'echo sshd_rtable=1 >>/etc/rc.conf.local; rm /usr/local/libexec/mailtun-start');
  const { document } = await provisioned(LAB);
  expect(document.hosts.map(host => [host.error, host.changed])).toEqual([
    [null, 0],
    [null, 0],
    [null, 1],
  ]);
});
