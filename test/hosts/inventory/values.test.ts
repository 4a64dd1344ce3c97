import { expect, test } from 'vitest';
import { computing } from '../../computing.ts';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const settings: Bad[] = [
  {
    wrong: 'a domain without a dot',
    edits: [['domain: example.com', 'domain: example']],
    says: [
      'inventory.yaml:1:9: domain: "example" is not a mail domain; write the part after the @ of your mail addresses, as in example.com',
    ],
  },
  {
    wrong: 'a domain with an umlaut',
    edits: [['domain: example.com', 'domain: [example.com, bücher.example]']],
    says: [
      'inventory.yaml:1:23: domain[1]: "bücher.example" is not a mail domain; write it as DNS has it: xn--bcher-kva.example',
    ],
  },
  {
    wrong: 'a domain twice',
    edits: [['domain: example.com', 'domain: [example.com, Example.COM]']],
    says: ['inventory.yaml:1:23: domain[1]: "Example.COM" is listed twice; remove one'],
  },
  {
    wrong: 'an empty list of domains',
    edits: [['domain: example.com', 'domain: []']],
    says: [
      'inventory.yaml:1:9: domain: an empty list; write the part after the @ of your mail addresses, as in example.com',
    ],
  },
  {
    wrong: 'an interface that is no wg',
    edits: [['interface: wg0', 'interface: em0']],
    says: ['inventory.yaml:2:22: tunnel.interface: "em0" is not a wg interface; write wg and a number, as in wg0'],
  },
  {
    wrong: 'an interface with more in it',
    edits: [['interface: wg0', 'interface: "wg0; reboot"']],
    says: [
      'inventory.yaml:2:22: tunnel.interface: "wg0; reboot" is not a wg interface; write wg and a number, as in wg0',
    ],
  },
  {
    wrong: 'a port too high',
    edits: [['port: 6900', 'port: 70000']],
    says: ['inventory.yaml:2:33: tunnel.port: 70000 is not a port; write a whole number from 1 to 65535'],
  },
  {
    wrong: 'a port with more digits than a number can have',
    edits: [['port: 6900', 'port: 123456789012345678']],
    says: ['inventory.yaml:2:33: tunnel.port: 123456789012345680 is not a port; write a whole number from 1 to 65535'],
  },
  {
    wrong: 'port 0',
    edits: [['port: 6900', 'port: 0']],
    says: ['inventory.yaml:2:33: tunnel.port: 0 is not a port; write a whole number from 1 to 65535'],
  },
  {
    wrong: 'a port with a fraction',
    edits: [['port: 6900', 'port: 69.5']],
    says: ['inventory.yaml:2:33: tunnel.port: 69.5 is not a port; write a whole number from 1 to 65535'],
  },
  {
    wrong: 'a port in quotes',
    edits: [['port: 6900', 'port: "6900"']],
    says: ['inventory.yaml:2:33: tunnel.port: "6900" is not a port; write a whole number from 1 to 65535'],
  },
  {
    wrong: 'a keepalive beyond what ifconfig takes',
    edits: [['keepalive: 15', 'keepalive: 43201']],
    says: ['inventory.yaml:2:50: tunnel.keepalive: 43201 is not a keepalive; write a whole number from 0 to 43200'],
  },
  {
    wrong: 'a flag that is a number',
    edits: [['preshared_key: false', 'preshared_key: 2']],
    says: ['inventory.yaml:2:69: tunnel.preshared_key: 2 is not true or false; write true or false'],
  },
  {
    wrong: 'a duration without a unit',
    edits: [['queue_ttl: 20d', 'queue_ttl: 20']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: 20 is not a duration; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a duration in words',
    edits: [['queue_ttl: 20d', 'queue_ttl: 20 days']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: "20 days" is not a duration; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a duration of nothing',
    edits: [['queue_ttl: 20d', 'queue_ttl: 0d']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: "0d" is not a duration; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a duration beyond ten years',
    edits: [['queue_ttl: 20d', 'queue_ttl: 3651d']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: "3651d" is not a duration; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a setting for bounces that there is not',
    edits: [['bounces: drop', 'bounces: reject']],
    says: [
      'inventory.yaml:7:12: mail.bounces: "reject" is not drop or send; write drop, send or { mode: send, warn_intervals: [4h] }',
    ],
  },
  {
    wrong: 'five warnings',
    edits: [['bounces: drop', 'bounces: { mode: send, warn_intervals: [1h, 2h, 3h, 4h, 5h] }']],
    says: [
      'inventory.yaml:7:42: mail.bounces.warn_intervals: more than 4 entries; write one to four durations, as in [4h, 1d]',
    ],
  },
  {
    wrong: 'warnings without bounces',
    edits: [['bounces: drop', 'bounces: { mode: drop, warn_intervals: [4h] }']],
    says: [
      'inventory.yaml:7:26: mail.bounces.warn_intervals: with mode: drop nobody is notified; write mode: send, or remove this',
    ],
  },
  {
    wrong: 'a selector of several labels',
    edits: [['bounces: drop', 'dkim: { selector: s1.mail }']],
    says: [
      'inventory.yaml:7:21: mail.dkim.selector: "s1.mail" is not a selector; use letters, digits and hyphens, as in s2027',
    ],
  },
  {
    wrong: 'an algorithm that receivers no longer take',
    edits: [['bounces: drop', 'dkim: { algorithm: rsa-sha1 }']],
    says: ['inventory.yaml:7:22: mail.dkim.algorithm: "rsa-sha1" is not rsa or ed25519; write rsa or ed25519'],
  },
  {
    wrong: 'a word for a selector',
    edits: [['bounces: drop', 'dkim: s2027']],
    says: [
      'inventory.yaml:7:9: mail.dkim: "s2027" is not on, off or a mapping; write true, false or a mapping, as in { selector: s2027 }',
    ],
  },
  {
    wrong: 'a policy of no receiver',
    edits: [['bounces: drop', 'dmarc: { policy: drop, reports: "postmaster@example.com;x" }']],
    says: [
      'inventory.yaml:7:20: mail.dmarc.policy: "drop" is not none or quarantine or reject; write none or quarantine or reject',
      'inventory.yaml:7:35: mail.dmarc.reports: "postmaster@example.com;x" is not a mail address; write it as postmaster@example.com',
    ],
  },
  {
    wrong: 'an absolute maildir',
    edits: [['maildir: maildir/in', 'maildir: /var/mail']],
    says: [
      `inventory.yaml:8:12: mail.maildir: "/var/mail" is not a directory in the recipient's home directory; write a relative path of letters, digits, dots, hyphens, underscores and slashes, as in maildir/in`,
    ],
  },
  {
    wrong: 'a maildir above the home',
    edits: [['maildir: maildir/in', 'maildir: mail/../../etc']],
    says: [
      `inventory.yaml:8:12: mail.maildir: "mail/../../etc" is not a directory in the recipient's home directory; write a relative path of letters, digits, dots, hyphens, underscores and slashes, as in maildir/in`,
    ],
  },
  {
    wrong: 'a maildir with a format specifier',
    edits: [['maildir: maildir/in', 'maildir: "%{user.directory}/in"']],
    says: [
      `inventory.yaml:8:12: mail.maildir: "%{user.directory}/in" is not a directory in the recipient's home directory; write a relative path of letters, digits, dots, hyphens, underscores and slashes, as in maildir/in`,
    ],
  },
  {
    wrong: 'a maildir after a tilde',
    edits: [['maildir: maildir/in', 'maildir: ~/maildir']],
    says: [
      `inventory.yaml:8:12: mail.maildir: "~/maildir" is not a directory in the recipient's home directory; remove the ~/: the path is relative to the home directory`,
    ],
  },
  {
    wrong: 'a packet filter that is a word',
    edits: [['mail:', 'packet_filter: pf\nmail:']],
    says: [
      'inventory.yaml:3:16: packet_filter: "pf" is not on, off or a mapping; write on, off or a mapping, as in { mx: false }',
    ],
  },
];

test.each(settings)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

test('values of a quarter of a megabyte are refused in time that grows with their length, not with its square', () => {
  const places = [
    'domain: example.com',
    'test: jay',
    'mailuser',
    'maildir/in',
    'ssh: carinho.lan',
    'vpn0.example.com',
    '192.0.2.25',
  ];
  const reading = (length: number): number =>
    computing(() => {
      for (const [place, long] of places.flatMap(place =>
        ['ü', 'a', 'a.', '/', ':'].map(part => [place, part.repeat(length)] as const),
      )) {
        const text = edited(article, [place, place.replace(/[^ ]*$/, `"${long}"`)]);
        expect(complaints(text).length).toBeGreaterThan(0);
      }
    });
  const short = reading(50_000);
  expect(reading(250_000) / short).toBeLessThan(15);
});
