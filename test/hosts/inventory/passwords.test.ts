import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const passwords: Bad[] = [
  {
    wrong: 'a password in plain text',
    edits: [['user: mailuser', 'user: mailuser, password: hunter2']],
    says: [
      'inventory.yaml:5:44: mail.credentials.password: a password in plain text is not allowed here; write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it',
    ],
  },
  {
    wrong: 'a password in digits',
    edits: [['user: mailuser', 'user: mailuser, password: 12345678']],
    says: [
      'inventory.yaml:5:44: mail.credentials.password: a password in plain text is not allowed here; write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it',
    ],
  },
  {
    wrong: 'a password key that there is not',
    edits: [['user: mailuser', 'user: mailuser, password: { value: hunter2 }']],
    says: ['inventory.yaml:5:46: mail.credentials.password.value: unknown key "value"; known keys: env, file, command'],
  },
  {
    wrong: 'two sources for one password',
    edits: [['user: mailuser', 'user: mailuser, password: { env: A, file: b }']],
    says: [
      'inventory.yaml:5:44: mail.credentials.password: this is not a source of a password; write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it',
    ],
  },
  {
    wrong: 'a password from nowhere',
    edits: [['user: mailuser', 'user: mailuser, password: {}']],
    says: [
      'inventory.yaml:5:44: mail.credentials.password: this is not a source of a password; write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it',
    ],
  },
  {
    wrong: 'a variable that is none',
    edits: [['user: mailuser', 'user: mailuser, password: { env: $PASSWORD }']],
    says: [
      'inventory.yaml:5:51: mail.credentials.password.env: this is not the name of an environment variable; use letters, digits and underscores, as in MAILTUN_PASSWORD',
    ],
  },
  {
    wrong: 'a command as one string',
    edits: [['user: mailuser', 'user: mailuser, password: { command: pass show mail }']],
    says: [
      'inventory.yaml:5:55: mail.credentials.password.command: "pass show mail" is not a list of words; write the words of the command as a list, as in [pass, show, mail]',
    ],
  },
  {
    wrong: 'a password behind the user, as smtpd has them',
    edits: [['user: mailuser', 'user: "mailuser:hunter2"']],
    says: [
      'inventory.yaml:5:24: mail.credentials.user: this is not a user name for SMTP AUTH; remove the colon and what follows; the key password names the source of the password',
    ],
  },
  {
    wrong: 'a user and a password instead of a mapping',
    edits: [['{ user: mailuser }', 'mailuser:hunter2']],
    says: ['inventory.yaml:5:16: mail.credentials: this is not credentials; write a mapping with user, password'],
  },
];

test.each(passwords)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});
