/**
 * Gateways get names of others while mail waits under these: smtpd stores the name of its action with each mail, and to a gateway
 * that retires, or the other one, it is not handed over.
 */
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { mailsIn, SEND_ON } from '../driver/mails.ts';
import { eventually, provisioned } from '../driver/mailtun.ts';
import { twoGateways } from '../driver/many.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'given-names';
const lab = labCalled(LAB);
const { send, arrives } = mailsIn(lab, LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB } });
const inventory = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
const HOSTS = ['namorar', 'carinho', 'mimando', 'saudade'];
const MAILS = { to: 'test@example.com', from: null, hosts: HOSTS, mailboxes: ['mimando', 'carinho', 'saudade'] };

beforeEach(async () => {
  await script('up', 'saudade');
  await script('fresh', 'all');
}, 120_000);
afterAll(lab.down);

const retiring = (text: string, ...hosts: readonly string[]): string =>
  hosts.reduce((one, host) => one.replace(`  ${host}:\n`, `  ${host}:\n    retiring: true\n`), text);
const named = (text: string, [near, far]: readonly [near: string, far: string]): string =>
  text.replace(/name: vpn0\.example\.(com|org)/g, (_, domain) => `name: ${domain === 'com' ? near : far}`);
/** Runs until there is nothing to do. */
const settles = async (text: string, ...options: readonly string[]): Promise<void> => {
  writeFileSync(inventory, text);
  const seen: string[] = [];
  for (let run = 0; run < 12; run += 1) {
    const { document } = await provisioned(LAB, ...options);
    if (document.hosts.every(host => host.ok && host.changed === 0)) return;
    seen.push(JSON.stringify(document.hosts.map(({ name, error, changes }) => [name, error?.what, changes])));
    for (const host of HOSTS) await lab.on(host, SEND_ON);
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  throw new Error(`not settled:\n${seen.join('\n')}`);
};
const waits = (to: string): Promise<void> => eventually(lab, 'namorar', `smtpctl show queue | grep -q '|${to}|'`);
const confOf = (host: string): Promise<string> => lab.must(host, 'cat /etc/mail/smtpd.conf');

test('two gateways exchange their names in two runs while mail waits for both', { timeout: 600_000 }, async () => {
  const both = twoGateways(LAB);
  await settles(both);
  const counts = await underMail(LAB, lab, MAILS, async () => {
    const away = retiring(both, 'carinho', 'saudade');
    await settles(away);
    await send('test@example.com', 'near', '--mx', 'mx2.example.com');
    await send('ana@example.org', 'far', '--mx', 'mx2.example.com');
    await Promise.all(['test@example.com', 'ana@example.org'].map(waits));
    await settles(named(away, ['near.example.com', 'far.example.com']));
    await settles(named(away, ['vpn0.example.org', 'vpn0.example.com']));
    const conf = await confOf('namorar');
    expect(conf).toMatch(/^action "relay_in_vpn0\.example\.com" .*\/\/vpn0\.example\.org$/m);
    expect(conf).toMatch(/^action "relay_in_vpn0\.example\.com\+2" .*\/\/vpn0\.example\.com$/m);
    await settles(named(both, ['vpn0.example.org', 'vpn0.example.com']));
    await lab.must('namorar', SEND_ON);
    await arrives('mimando', 'near');
    await arrives('saudade', 'far');
  });
  console.log(JSON.stringify(counts));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
});

/** @param near the domains of carinho, with the mailbox of mimando. @param far those of saudade; none: it is not there. */
const served = (near: readonly string[], far: readonly string[]): string => {
  const recipients = [...near, ...far].flatMap(domain =>
    ['test', 'postmaster'].map(name => `${name}@${domain}: jay@${near.includes(domain) ? 'mimando' : 'saudade'}`),
  );
  const text = twoGateways(LAB)
    .replace(/^domain: .*/m, `domain: [${[...near, ...far].join(', ')}]`)
    .replace(/recipients: .*/, `recipients: { ${recipients.join(', ')} }`)
    .replace('    domains: example.com', `    domains: [${near.join(', ')}]`)
    .replace('    domains: example.org', `    domains: [${far.join(', ')}]`);
  return far.length > 0 ? text : text.replace(/^ {2}saudade:\n( {4}.*\n)*/m, '');
};

test('a gateway is back under the name under which mail of another one waits', { timeout: 600_000 }, async () => {
  const [before, moved] = [
    served(['example.org'], ['example.com', 'example.net']),
    served(['example.com', 'example.org'], ['example.net']),
  ];
  await settles(before);
  const counts = await underMail(LAB, lab, MAILS, async () => {
    await settles(retiring(before, 'saudade'));
    await send('test@example.com', 'handed on', '--mx', 'mx2.example.com');
    await waits('test@example.com');
    await settles(retiring(moved, 'carinho', 'saudade'));
    await settles(retiring(served(['example.com', 'example.org'], []), 'carinho'), '--take-over');
    expect(await confOf('namorar')).toMatch(/^action "relay_in_vpn0\.example\.org" .*\/\/vpn0\.example\.com$/m);
    await settles(moved);
    await lab.must('namorar', SEND_ON);
    await arrives('mimando', 'handed on');
  });
  console.log(JSON.stringify(counts));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
});
