import { describe, expect, it } from 'vitest';
import { mailName } from '../../src/resources/mail-name.ts';
import { answer, observing, world } from '../answers.ts';

const judged = (said: string) =>
  mailName('mimando').judge(observing([], { "smtpd's name": answer(said === '' ? '' : `${said}\n`) }), world());

describe("smtpd's name", () => {
  it.each([
    'hostname mimando.lan',
    'hostname mimando',
    'mailname mail_1.example.com',
    'mailname [192.0.2.1]',
    'mailname [IPv6:2001:db8::1]',
    '',
  ])('%s', said => expect(judged(said)).toBeNull());

  it.each([
    ['hostname ', 'mimando has no host name (hostname(1) prints nothing), and without one smtpd exits when it starts'],
    ['mailname ', 'mimando has no host name (the first line of /etc/mail/mailname is empty), and without one'],
  ])('"%s" is refused before smtpd is started without one', (said, what) => expect(() => judged(said)).toThrow(what));

  it.each([
    'mail example.com',
    'example.com.',
    '-mail.example.com',
    'mail.example.com\r',
    '[mail]',
    '# name',
    'bücher.example',
  ])('"%s" is refused, as the next smtpd refuses it', name => {
    expect(() => judged(`mailname ${name}`)).toThrow('(/etc/mail/mailname), is not valid');
    expect(() => judged(`hostname ${name}`)).toThrow('(hostname), is not valid');
  });
});
