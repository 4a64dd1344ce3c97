import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSmtpdConf, relayUrl, type SmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { fc } from '../properties.ts';
import { bouncesSent, fleetOf, several, severalStations, singleMachine, tlsOff, twoGateways } from '../tasks/fleets.ts';
import { smtpdSays } from '../tasks/real-smtpd.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const recorded = ['namorar', 'carinho', 'mimando'].map(name => read(`recordings/reference/${name}.conf`));
const stock = read('lab/machine/etc/mail/smtpd.conf');
const rendered = [several, severalStations, singleMachine, tlsOff, twoGateways, bouncesSent].flatMap(text => {
  const fleet = fleetOf(text);
  return fleet.hosts.map(host => smtpdConf(host, fleet));
});

/** Every statement on its line, in the order in which smtpd wants them. */
const written = (conf: SmtpdConf): string =>
  [...conf.others, ...[conf.tables, conf.pkis, conf.cas, conf.listeners, conf.actions, conf.matches].flat()]
    .map(one => `${typeof one === 'string' ? one : one.raw}\n`)
    .join('');

const unread = (conf: SmtpdConf): readonly string[] => [conf.actions, conf.matches].flat().flatMap(one => one.unread);

/** What is said of an action but what it leaves out. */
const said = (one: object | undefined): object =>
  Object.fromEntries(Object.entries(one ?? {}).filter(([key, value]) => value !== null && key !== 'unread'));

describe('the files that carried mail on recorded machines', () => {
  const [relay, gateway] = recorded.map(parseSmtpdConf);
  it('have the destinations of actions', () => {
    expect(said(gateway?.actions[1])).toEqual({
      name: 'outbound_example',
      method: 'relay',
      host: { entries: [['smtp+tls://mailuser@smtp.example.com', null]] },
      tls: 'verified',
      raw: 'action "outbound_example" relay tls ca vpnca pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>',
    });
    expect(said(gateway?.actions[0])).toEqual({
      name: 'local_mail',
      method: 'maildir',
      tls: 'by url',
      alias: { table: 'aliases' },
      raw: 'action "local_mail" maildir "%{user.directory}/mailspools/in/" alias <aliases>',
    });
    expect(relay?.actions[2]).toMatchObject({ host: null, src: { table: 'ips_out' } });
  });
  it('have the listeners', () => {
    expect(relay?.listeners[0]).toMatchObject({ on: '2001:db8:c1da::2', port: null, tls: 'required' });
    expect(relay?.tables[1]?.entries).toEqual([
      ['2001:db8:1234:1234::b17e', null],
      ['192.0.2.25', null],
    ]);
    expect(relay?.tables[0]).toMatchObject({ name: 'aliases', entries: [] });
  });
  it('have the match rules in order', () => {
    expect(gateway?.matches.map(rule => [rule.from.kind, rule.for.kind, rule.action])).toEqual([
      ['local', 'local', 'local_mail'],
      ['local', 'domain', 'forward_to_mimando'],
      ['src', 'local', 'local_mail'],
      ['src', 'any', 'outbound_example'],
      ['any', 'domain', 'forward_to_mimando'],
      ['local', 'domain', 'forward_to_mimando'],
    ]);
    expect(gateway?.matches[3]?.mailFrom).toEqual({
      not: false,
      regex: true,
      of: { entries: [['.*@example.com$', null]] },
    });
  });
});

describe('what admins write', () => {
  it.each<[string, string, string]>([
    [
      'macros, continued lines, comments',
      'x = "relay host smtp://a"\naction y \\\n $x # z\n',
      'action y relay host smtp://a',
    ],
    ['comments that go on', '# a \\\naction x relay\naction y relay\n', 'action y relay'],
    ['a comment at the very end', 'action y relay # a "b', 'action y relay'],
    ['quotes of either kind', `action 'a b' mda "x \\"y\\" 'z'"\n`, `action 'a b' mda "x \\"y\\" 'z'"`],
    ['keywords as names', 'action "relay" relay\n', 'action "relay" relay'],
    ['lists over lines', 'action x relay host {\n a,\n\n b\n}\n', 'action x relay host { a, b }'],
    ['no line feed at the end', 'action x maildir junk', 'action x maildir junk'],
  ])('%s', (_, text, raw) => {
    const conf = parseSmtpdConf(text);
    expect(conf.actions.map(one => one.raw)).toEqual([raw]);
    expect([...unread(conf), ...conf.others]).toEqual([]);
  });
  it('rules by tag, by user and by what they are not', () => {
    const [tagged, auth, forRcpt, last] = parseSmtpdConf(
      'match tag "LAN" from any !for domain { a, b } mail-from regex <c> action x\n' +
        'match from auth { jay } helo d for any reject\nmatch for rcpt-to <e> auth action y\nmatch from auth for any action z\n',
    ).matches;
    expect(tagged).toMatchObject({ tag: { of: { entries: [['LAN', null]] } }, from: { kind: 'any' } });
    expect(tagged).toMatchObject({ for: { not: true, kind: 'domain' }, mailFrom: { regex: true, of: { table: 'c' } } });
    expect(auth).toMatchObject({ from: { kind: 'any' }, auth: { of: { entries: [['jay', null]] } }, action: null });
    expect(forRcpt).toMatchObject({
      for: { kind: 'any' },
      rcptTo: { of: { table: 'e' } },
      auth: { of: null },
      action: 'y',
    });
    expect(last).toMatchObject({ auth: { of: null }, for: { kind: 'any' } });
  });
  it('listeners on an interface and on the socket', () => {
    const [socket, smtps, port] = parseSmtpdConf(
      'listen on socket filter "f" mask-src tag x\nlisten on egress smtps verify port 465 pki a pki b auth-optional tag "t"\n' +
        'listen on ::1 tls port smtps\n',
    ).listeners;
    expect(socket).toMatchObject({ on: 'socket', port: null, tls: 'none' });
    expect(smtps).toMatchObject({ on: 'egress', port: '465', tls: 'smtps' });
    expect(port).toMatchObject({ on: '::1', port: 'smtps', tls: 'offered' });
  });
  it('unknown parts are kept: files, statements, options', () => {
    const conf = parseSmtpdConf('include "/etc/mail/x"\nfilter f phase connect\naction a relay colour blue host b\n');
    expect([conf.includes, conf.others, conf.actions[0]?.unread]).toEqual([
      ['/etc/mail/x'],
      ['filter f phase connect'],
      ['colour', 'blue'],
    ]);
    expect(conf.actions[0]?.host).toEqual({ entries: [['b', null]] });
  });
  it.each([
    [
      'smtp+tls://user@smtp.example.com:2525',
      { scheme: 'smtp+tls', label: 'user', host: 'smtp.example.com', port: '2525' },
    ],
    ['[2001:db8::1]', { scheme: 'smtp', label: null, host: '2001:db8::1', port: null }],
    ['lmtp://localhost:24', { scheme: 'lmtp', label: null, host: 'localhost', port: '24' }],
    ['Mail.example.com', { scheme: 'smtp', label: null, host: 'mail.example.com', port: null }],
  ])('the URL %s', (text, url) => expect(relayUrl(text)).toEqual(url));
});

describe('a statement on one line', () => {
  it.each([...recorded, ...rendered, stock].map(text => [text]))(
    'has the same meaning, and is understood completely: %s',
    text => {
      const conf = parseSmtpdConf(text);
      expect(unread(conf)).toEqual([]);
      expect(parseSmtpdConf(written(conf))).toEqual(conf);
    },
  );
  it('is accepted by smtpd', () => {
    for (const text of recorded) expect(smtpdSays(written(parseSmtpdConf(text)))).toBe('configuration OK');
  });
  it('is read without an exception, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...[...recorded, stock].join('\n').split(/(?<=[ \n<>{}"])/),
      ...[
        '\\\n',
        '\\',
        '"',
        "'",
        '{',
        '}',
        '<',
        '!',
        ',',
        '=',
        '=>',
        '$x',
        'x = "a b"\n',
        '#',
        '\n',
        'include ',
        'action ',
        'action x relay ',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), parts => {
        for (const action of parseSmtpdConf(parts.join('')).actions)
          expect(parseSmtpdConf(`${action.raw}\n`).actions).toEqual([action]);
      }),
      { numRuns: 1000, examples: [[['action ', '\\']], [['action x relay ', '"', '\\']], [['action ', '\\', '\\']]] },
    );
  });
});
