/**
 * A second address on a LAN interface, as any change of `lan.address` needs for a while, or as SLAAC makes it: smtpd
 * connects from whichever the kernel prefers. Numbered mails both ways: nothing that was taken is lost.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailFlows } from '../driver/mails.ts';
import { mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'second';
const lab = labCalled(LAB);
const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;

/** The interface has both; the one of the inventory is deprecated, as beside a temporary one it is never chosen. */
const PREFER = `ifconfig "$1" inet6 "$2"/64 alias && sleep 1 &&
/.lab/usr/bin/ip -6 addr change "$3"/64 dev "$1" preferred_lft 0 valid_lft forever`;
const RESTORE = `/.lab/usr/bin/ip -6 addr change "$3"/64 dev "$1" preferred_lft forever valid_lft forever
ifconfig "$1" inet6 "$2" delete`;
const SECOND = [
  ['mimando', 'vio1', '2001:db8:6969::a:2', '2001:db8:6969::2'],
  ['carinho', 'vio2', '2001:db8:6969::a:1', '2001:db8:6969::1'],
] as const;

const changed = async (script: string, [host = '', ...words]: readonly string[]): Promise<void> => {
  const quoted = words.map(word => `'${word}'`).join(' ');
  await lab.must(host, `set -- ${quoted}\n${script}`);
};

beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
}, 120_000);
afterAll(lab.down);

const flow = (): Promise<unknown> => underMail(LAB, lab, { to: 'test@example.com', seconds: 15 }, () => mailFlows(lab));

describe.each([
  ['TLS', ''],
  ['mail.tls: off', '  tls: off\n'],
])('with %s', (_, setting) => {
  beforeAll(async () => {
    const text = readFileSync(path, 'utf8').replace('  tls: off\n', '');
    writeFileSync(path, text.replace('mail:\n', `mail:\n${setting}`));
    expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  }, 120_000);

  test.each(SECOND)('%s connects from a second address of %s, and no mail is lost', async (...second) => {
    await changed(PREFER, second);
    try {
      expect(await flow()).toMatchObject({ lost: 0 });
      expect(await mailtun(LAB, 'doctor', 'inventory.yaml')).toMatchObject({ exit: 0 });
    } finally {
      await changed(RESTORE, second);
    }
  });
});
