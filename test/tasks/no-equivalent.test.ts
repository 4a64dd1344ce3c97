import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shownStatement, withoutEquivalent } from '../../src/tasks/no-equivalent.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(article);
const wanted = (name: string): string => smtpdConf(hostOf(fleet, name), fleet);
const lost = (name: string, before: string): readonly string[] => withoutEquivalent(before, wanted(name));
const recorded = (name: string): string =>
  readFileSync(new URL(`../recordings/reference/${name}.conf`, import.meta.url), 'utf8');

describe('compared with a hand-made smtpd.conf', () => {
  it.each(['namorar', 'carinho', 'mimando'])("nothing of mailtun's own file is missing: %s", name => {
    expect(lost(name, wanted(name))).toEqual([]);
  });
  it.each(['namorar', 'carinho', 'mimando'])('nothing of a file made after the article is missing: %s', name => {
    expect(lost(name, recorded(name))).toEqual([]);
  });
  it('what mailtun does not do is missing, with the tables and names that it needs', () => {
    const more = `
table phones file:/etc/mail/phones
table unused { a, b }
pki mail.example.net cert "/etc/ssl/mail.example.net.crt"
pki mail.example.net key "/etc/ssl/private/mail.example.net.key"
filter "rdns" phase connect match !rdns disconnect "550 no"
listen on 192.0.2.25 port submission tls-require pki mail.example.net auth <phones> tag PHONES
action "partner" relay host smtp://partner.example
match from any for domain "partner.example" action "partner"
match tag PHONES from any for any action "relay_out"
queue ttl 3d
`;
    expect(lost('namorar', `${recorded('namorar')}${more}`)).toEqual([
      'table phones file:/etc/mail/phones',
      'pki mail.example.net cert "/etc/ssl/mail.example.net.crt"',
      'pki mail.example.net key "/etc/ssl/private/mail.example.net.key"',
      'filter "rdns" phase connect match !rdns disconnect "550 no"',
      'listen on 192.0.2.25 port submission tls-require pki mail.example.net auth <phones> tag PHONES',
      'action "partner" relay host smtp://partner.example',
      'match from any for domain "partner.example" action "partner"',
      'match tag PHONES from any for any action "relay_out"',
    ]);
  });
  it('a listener on the same address with more options is missing', () => {
    const conf = 'listen on 192.0.2.25 tls pki mx2.example.com filter "rdns"\n';
    expect(lost('namorar', conf)).toEqual(['listen on 192.0.2.25 tls pki mx2.example.com filter "rdns"']);
    expect(lost('namorar', 'listen on 192.0.2.25\n')).toEqual([]);
  });
  it('a kind of delivery, a refusal by sender, a loopback listener and an included file are missing', () => {
    const conf = [
      'include "/etc/mail/more.conf"',
      'listen on lo0',
      'action "lists" mda "/usr/local/bin/lists" alias <aliases>',
      'match from any mail-from "@spam.example" for any reject',
      'match for local action "lists"',
      'srs key "none of your business"',
    ];
    expect(lost('carinho', `${conf.join('\n')}\n`)).toEqual(conf);
  });
  it('a secret is not shown', () => {
    expect(shownStatement('srs key "none of your business"')).toBe('srs key …');
    expect(shownStatement('queue encryption "0123"')).toBe('queue encryption …');
    expect(shownStatement('listen on lo0')).toBe('listen on lo0');
  });
});
