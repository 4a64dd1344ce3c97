/** Who writes none of the keys that came later has the very files of before, and each key is felt somewhere. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { renderedFiles } from '../../src/commands/render.ts';
import { article, articleWith, fleetOf, twoRelays } from './fleets.ts';

/** Host, path, mode and owner of every file, with a sum of its text. */
const sumsOf = (text: string): readonly string[] =>
  [...renderedFiles(fleetOf(text))].flatMap(([host, files]) =>
    files.map(({ path, mode, owner, group, content }) => {
      const sum = createHash('sha256').update(content).digest('hex').slice(0, 16);
      return `${host} ${path} ${mode} ${owner}:${group} ${sum}`;
    }),
  );

test('without any of the keys no file differs by a byte', () => {
  expect(sumsOf(article)).toMatchInlineSnapshot(`
    [
      "namorar /etc/mail/secrets 0640 root:_smtpd 243cd2a96adcd582",
      "namorar /etc/hosts 0644 root:wheel c6d273abbcf690b7",
      "namorar /etc/hostname.wg0 0640 root:wheel f186b8b6f6a97d84",
      "namorar /etc/pf.mailtun.conf 0600 root:wheel faf41a176de9100c",
      "namorar /etc/pf.conf 0600 root:wheel 0651a0520562021e",
      "namorar /etc/ssl/vpnca.pem 0644 root:wheel bd73dc4b36044f79",
      "namorar /etc/mail/aliases 0644 root:wheel 3123d8f0043884c8",
      "namorar /etc/mail/smtpd.conf 0644 root:wheel df1f40472f662cf6",
      "namorar /usr/local/libexec/mailtun-watch 0555 root:wheel ca6e6bfffdf5a0d7",
      "namorar /var/cron/tabs/root 0600 root:crontab 64ba94c52f5678c7",
      "namorar /usr/local/libexec/mailtun-start 0555 root:wheel 3da73dd77495d44e",
      "carinho /etc/hosts 0644 root:wheel c3e3d4d223b87437",
      "carinho /etc/hostname.wg0 0640 root:wheel 7651d8969af5c680",
      "carinho /etc/pf.mailtun.conf 0600 root:wheel 638ceed05f312a0b",
      "carinho /etc/pf.conf 0600 root:wheel 0651a0520562021e",
      "carinho /etc/ssl/vpnca.pem 0644 root:wheel 2e0fa10cd1face30",
      "carinho /etc/ssl/lanca.pem 0644 root:wheel d9037c23afe6e8a0",
      "carinho /etc/mail/aliases 0644 root:wheel 3123d8f0043884c8",
      "carinho /etc/mail/smtpd.conf 0644 root:wheel 96f292fc547ae065",
      "carinho /usr/local/libexec/mailtun-watch 0555 root:wheel ca6e6bfffdf5a0d7",
      "carinho /var/cron/tabs/root 0600 root:crontab fcd49a04c01f5ba4",
      "carinho /usr/local/libexec/mailtun-start 0555 root:wheel 3da73dd77495d44e",
      "mimando /etc/hosts 0644 root:wheel 24898b4289fcd10b",
      "mimando /etc/ssl/lanca.pem 0644 root:wheel a84bdaec7158486d",
      "mimando /etc/mail/aliases 0644 root:wheel e40f58b9a0659146",
      "mimando /etc/mail/recipients 0644 root:wheel 2deee3985910414c",
      "mimando /etc/mail/smtpd.conf 0644 root:wheel b19565521994db38",
      "mimando /usr/local/libexec/mailtun-start 0555 root:wheel 3da73dd77495d44e",
      "mimando /var/cron/tabs/root 0600 root:crontab 40fc2f452ae88007",
    ]
  `);
});

const role = 'role: relay\n';
const relayWith = (line: string): string => articleWith(role, `${role}    ${line}\n`);

const pathsOf = (sums: readonly string[]): readonly string[] => sums.map(one => one.split(' ').slice(0, 2).join(' '));

describe('each key alone changes these files and no other', () => {
  test.each([
    ['mail.dkim', articleWith('  # dkim: true ', '  dkim: true #'), ['namorar /etc/mail/smtpd.conf']],
    ['mail.dmarc', articleWith('  # dmarc: {', '  dmarc: {'), []],
    ['filters', relayWith('filters: { rdns: reject }'), ['namorar /etc/mail/smtpd.conf']],
    ['own_lines', relayWith('own_lines: true'), ['namorar /etc/mail/smtpd.local.conf', 'namorar /etc/mail/smtpd.conf']],
    ['tlsa', relayWith('tlsa: true'), []],
    [
      'retiring',
      `${twoRelays.replace(role, `${role}    retiring: true\n`)}`,
      ['namorar /etc/mail/smtpd.conf', 'carinho /etc/mail/smtpd.conf'],
      twoRelays,
    ],
    [
      'pass',
      articleWith(/# (packet_filter: \{ pass: .*to: carinho)/, '$1'),
      ['namorar /etc/pf.mailtun.conf', 'carinho /etc/pf.mailtun.conf'],
    ],
    [
      'pass, to who is behind the gateway',
      articleWith(/# (packet_filter: \{ pass: .*to: mimando)/, '$1'),
      [
        'namorar /etc/hostname.wg0',
        'namorar /etc/pf.mailtun.conf',
        'carinho /etc/pf.mailtun.conf',
        'carinho /etc/sysctl.conf',
      ],
    ],
  ])('%s', (_, text, files, without = article) => {
    const [before, after] = [sumsOf(without), sumsOf(text)];
    const gone = pathsOf(before).filter(path => !pathsOf(after).includes(path));
    expect([...pathsOf(after.filter(one => !before.includes(one))), ...gone]).toEqual(files);
  });
});
