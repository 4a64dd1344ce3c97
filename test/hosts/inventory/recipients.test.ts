import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const recipients: Bad[] = [
  {
    wrong: 'no recipients',
    edits: [['{ test: jay, postmaster: jay }', '{}']],
    says: ['inventory.yaml:4:15: mail.recipients: no recipients; write one or more, as in { postmaster: jay }'],
  },
  {
    wrong: 'recipients as a list',
    edits: [['{ test: jay, postmaster: jay }', '[test, postmaster]']],
    says: [
      'inventory.yaml:4:15: mail.recipients: a list is not a mapping of recipients; write a mapping, one name to a line',
    ],
  },
  {
    wrong: 'mail for root',
    edits: [['postmaster: jay', 'postmaster: root']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "root" cannot receive mail; smtpd delivers nothing to root; name a user',
    ],
  },
  {
    wrong: 'a login in capitals',
    edits: [['postmaster: jay', 'postmaster: Jay']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "Jay" is not a login, or login@host; write the name of a user on the host that delivers: lower-case letters, digits, hyphens, dots, underscores',
    ],
  },
  {
    wrong: 'a login with a command in it',
    edits: [['postmaster: jay', 'postmaster: "|/bin/sh"']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "|/bin/sh" is not a login, or login@host; write the name of a user on the host that delivers: lower-case letters, digits, hyphens, dots, underscores',
    ],
  },
  {
    wrong: 'a recipient twice in capitals',
    edits: [['postmaster: jay', 'Test: jay']],
    says: [
      'inventory.yaml:4:28: mail.recipients.Test: "Test" is the same recipient as "test"; remove one: case makes no difference',
    ],
  },
  {
    wrong: 'a recipient twice, once with its domain',
    edits: [['postmaster: jay', 'test@example.com: jay']],
    says: [
      'inventory.yaml:4:17: mail.recipients.test: "test" is listed twice: also with example.com; remove one of them',
    ],
  },
  {
    wrong: 'a recipient of another domain',
    edits: [['postmaster: jay', 'postmaster@exmple.com: jay']],
    says: [
      'inventory.yaml:4:28: mail.recipients.postmaster@exmple.com: "exmple.com" is not a domain of this inventory; did you mean "example.com"?',
    ],
  },
  {
    wrong: 'a recipient with a tag',
    edits: [['postmaster: jay', 'jay+lists: jay']],
    says: [
      'inventory.yaml:4:28: mail.recipients.jay+lists: "jay+lists" is not the local part of a mail address; remove the + and what follows: ana also gets mail for ana+shop',
    ],
  },
  {
    wrong: 'a catch-all',
    edits: [['postmaster: jay', '"@example.com": jay']],
    says: [
      'inventory.yaml:4:28: mail.recipients.@example.com: "@example.com" is not the local part of a mail address; there is no catch-all; name each recipient',
    ],
  },
  {
    wrong: 'a recipient on a host that there is not',
    edits: [['postmaster: jay', 'postmaster: jay@mimandp']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "jay@mimandp": there is no host "mimandp"; did you mean "jay@mimando"?',
    ],
  },
  {
    wrong: 'a recipient on the relay',
    edits: [['postmaster: jay', 'postmaster: jay@namorar']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "jay@namorar": namorar is a relay and delivers no mail; write jay@mimando',
    ],
  },
  {
    wrong: 'a recipient on a gateway that passes mail on',
    edits: [['postmaster: jay', 'postmaster: jay@carinho']],
    says: [
      'inventory.yaml:4:40: mail.recipients.postmaster: "jay@carinho": carinho forwards mail to mimando; write jay@mimando',
    ],
  },
];

test.each(recipients)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});
