import { describe, expect, it } from 'vitest';
import { parseSpool } from '../../src/facts/smtpd-queue.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { withCarried } from '../../src/tasks/carried-actions.ts';
import { CARRIED } from '../../src/tasks/carried-section.ts';
import { OWN_LINES } from '../../src/tasks/own-lines.ts';
import { READS_QUEUE } from '../../src/tasks/queue-options.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { strandedIn } from '../../src/tasks/stranded-mail.ts';
import { answer, type answering, answeringAll, namedFilesAsked, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf, singleMachine, tlsOff } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const own = (text: string): string => text.replaceAll(/^ {4}role: \w+$/gm, '$&\n    own_lines: true');
const withOwn = own(article);
const CONF = '/etc/mail/smtpd.conf';
const confOf = (text: string, name: string): string => {
  const fleet = fleetOf(text);
  return smtpdConf(hostOf(fleet, name), fleet);
};
/** What the file of the manual's example needs. */
const PHONES = `table phones file:/etc/mail/phones
listen on 192.0.2.25 port 587 tls-require pki smtp.example.com auth <phones> mask-src tag PHONES
match tag PHONES from any for domain "example.com" rcpt-to <recipients_carinho> action "relay_in_vpn0.example.com"
match tag PHONES from any for domain "example.com" reject
match tag PHONES from any for any action "relay_out"
`;

describe('own lines', () => {
  it.each(Object.entries({ article, singleMachine, tlsOff }))(
    'come after the actions of mailtun and before its rules, and nothing else differs: %s',
    (_, text) => {
      for (const { name } of fleetOf(text).hosts) {
        const [before, after] = [confOf(text, name), confOf(own(text), name)];
        expect(after.replace(`include "${OWN_LINES}"\n\n`, '')).toBe(before);
        const lines = after.split('\n').filter(line => line !== '');
        const at = lines.indexOf(`include "${OWN_LINES}"`);
        expect(lines.slice(0, at).some(line => line.startsWith('match '))).toBe(false);
        expect(lines.slice(at + 1).every(line => line.startsWith('match '))).toBe(true);
      }
    },
  );
  it.each(['namorar', 'carinho', 'mimando'])('may be empty, and may lack the last newline: %s', name => {
    for (const text of ['#', '# nothing here\n', 'match from any for domain "x.example" reject'])
      expect(smtpdSays(confOf(withOwn, name), { [OWN_LINES]: text })).toBe('configuration OK');
  });
  it("may use mailtun's certificates, tables and actions: the example of the manual", () => {
    expect(smtpdSays(confOf(withOwn, 'namorar'), { [OWN_LINES]: PHONES })).toBe('configuration OK');
    expect(smtpdSays(confOf(withOwn, 'namorar'), { [OWN_LINES]: 'listen on lo0 filter "none"\n' })).toMatch(
      /smtpd\.local\.conf:1: no filter exist with that name: none/,
    );
  });
});

const planned = (files: Parameters<typeof answering>[1], spool = '', included = '') => {
  const fleet = fleetOf(withOwn);
  const host = hostOf(fleet, 'mimando');
  const runs = {
    'service smtpd': answer('enabled\nrunning\n'),
    'the actions of queued mail': answer(spool),
    'the actions of own lines': answer(included),
  };
  const assigned = assign([smtpd], host, fleet);
  const needs = namedFilesAsked(assigned.flatMap(({ resource }) => resource.questions));
  return plan(assigned, answeringAll(assigned, [...(files ?? []), ...needs], runs), new Map(), { now: 0 });
};
const conf = confOf(withOwn, 'mimando');
const HAND_MADE = 'listen on lo0\naction "home" mbox\nmatch for local action "home"\n';

describe('the file of own lines', () => {
  it('is made if it is missing, readable for root only, and without a diff', () => {
    const [made] = planned([plainFile(CONF, conf)]).changes;
    expect(made).toMatchObject({ resource: OWN_LINES, codes: ['file-missing'], diff: null });
    expect(made?.steps[0]?.stage?.args.slice(-2)).toEqual(['root:wheel', '0600']);
    expect(made?.steps[0]?.stage?.args[1]).toBe('');
  });
  it('is not changed, whatever its mode and its text', () => {
    const mine = plainFile(OWN_LINES, 'anything', { mode: '0644', owner: 'jay', content: null });
    expect(planned([plainFile(CONF, conf), mine]).changes).toEqual([]);
  });
  it('is not read', () => {
    const fleet = fleetOf(withOwn);
    const questions = assign([smtpd], hostOf(fleet, 'mimando'), fleet).flatMap(({ resource }) => resource.questions);
    expect(questions.filter(one => one.kind === 'file' && one.path === OWN_LINES)).toEqual([
      { kind: 'file', path: OWN_LINES, want: 'stat' },
    ]);
  });
  it('contains at first, as comments, what a hand-made smtpd.conf had and mailtun has no equivalent for', () => {
    const { changes, takesOver } = planned([plainFile(CONF, HAND_MADE)]);
    expect(takesOver).toEqual([CONF]);
    expect(changes[0]?.steps[0]?.stage?.args[1]).toMatch(/^# From the smtpd\.conf .*\n.*\n# listen on lo0\n$/);
    expect(changes[1]?.why).toBe('content differs; mailtun has no equivalent for: listen on lo0');
  });
  it('a change of it restarts smtpd, after a check of the complete configuration', () => {
    const fleet = fleetOf(withOwn);
    const files = [plainFile(CONF, conf), plainFile(OWN_LINES, ''), plainFile('/etc/ssl/lanca.pem', '')];
    const runs = { 'service smtpd': answer(`enabled\nrunning\n${OWN_LINES}\n`) };
    const assigned = assign([smtpd], hostOf(fleet, 'mimando'), fleet);
    const [restart] = plan(assigned, answeringAll(assigned, files, runs), new Map(), { now: 0 }).changes;
    expect(restart?.steps.map(step => step.label)).toEqual(['checks what smtpd reads', 'restarts smtpd']);
    expect(restart?.steps[0]?.command.args).toEqual(['sh', '-c', READS_QUEUE]);
  });
});

describe('mail that waits for an action of own lines', () => {
  const spoolText =
    'spool\nmail\t8c5fa896e2244000\t1\tmta\tpartner\ta@b.example\tx@partner.example\ncount\t1\tpartner\n';
  const spool = parseSpool(spoolText);
  const included = { names: new Set(['partner']), isSure: true, used: new Set<string>() };
  const none = { ...included, names: new Set<string>() };
  const fleet = fleetOf(withOwn);
  const relay = confOf(withOwn, 'namorar');
  const queued = {
    host: hostOf(fleet, 'namorar'),
    spool,
    domains: fleet.domains,
    addresses: new Set<string>(),
    now: 0,
  };
  it('is not stranded, and nothing is carried for it', () => {
    expect(strandedIn(relay, spool, included)).toEqual([]);
    expect(withCarried(relay, relay, { ...queued, included })).toBe(relay);
    expect(planned([plainFile(CONF, conf), plainFile(OWN_LINES, '')], spoolText, 'partner\n').changes).toEqual([]);
  });
  it('is stranded once they no longer have the action, and the host is refused before smtpd reads them', () => {
    expect(strandedIn(relay, spool, none).map(one => one.action)).toEqual(['partner']);
    expect(strandedIn(relay, spool, { ...none, isSure: false })).toEqual([]);
    const old = relay.replace('action "relay_out"', 'action "partner" relay host smtp://partner.example\n$&');
    expect(withCarried(relay, old, { ...queued, included })).toBe(relay);
    expect(() => withCarried(relay, relay, { ...queued, included: none })).toThrow(/x@partner\.example/);
  });
  it('is no longer carried once own lines have its action: smtpd accepts a name only once', () => {
    const inbound = { ...queued, spool: parseSpool(spoolText.replace('x@partner.example', 'test@example.com')) };
    const carried = withCarried(relay, relay, { ...inbound, included: none });
    expect(carried).toContain(CARRIED);
    expect(withCarried(relay, carried, { ...queued, included })).toBe(relay);
    expect(smtpdSays(carried, { [OWN_LINES]: 'action "partner" relay\n' })).toMatch(/partner/);
    expect(smtpdSays(relay, { [OWN_LINES]: 'action "partner" relay\n' })).toBe('configuration OK');
  });
});
