/** An undo that would strand queued mail, send it elsewhere, or have it refused for good is refused on all hosts. */
import { describe, expect, it } from 'vitest';
import { KEPT_ACTIONS } from '../../src/facts/kept-actions.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import type { KeptRun } from '../../src/run/kept.ts';
import type { Undone } from '../../src/run/undo.ts';
import { recipientsTable } from '../../src/tasks/aliases.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { neighbourLeft, refusedByUndo } from '../../src/tasks/undo-agreement.ts';
import { strandedByUndo } from '../../src/tasks/undo-queue.ts';
import { answer, observing } from '../answers.ts';
import { article, articleWith, fleetOf, hostOf, tlsOff } from './fleets.ts';

const CONF = '/etc/mail/smtpd.conf';
const RUN = '20261122T080500Z-4f2a';
const STOCK =
  'table aliases file:/etc/mail/aliases\nlisten on socket\nlisten on lo0\naction "local_mail" mbox alias <aliases>\naction "outbound" relay\nmatch from local for local action "local_mail"\nmatch from local for any action "outbound"\n';

type Mail = readonly [action: string, to: string, from?: string];

/** A host with one of these texts now and the other one before the run, and mail in its queue. */
function undone(now: string, then: string, mails: readonly Mail[] = [], more: Record<string, [string, string]> = {}) {
  const texts = { [CONF]: [now, then] as const, ...more };
  const file = (at: string, path: string, text: string) =>
    `file ${at} ${path}\n${text.replaceAll(/^.*\n/gm, '| $&')}\n`;
  const queue = mails.map(
    ([action, to, from = 'a@b.example'], index) =>
      `count\t1\t${action}\nmail\t8c5fa896e224400${index}\t1795330339\tmta\t${action}\t${from}\t${to}\n`,
  );
  const text = Object.entries(texts).map(
    ([path, [one, other]]) => file('now', path, one) + file(`undo/${RUN}`, path, other),
  );
  const observed = observing([], {
    [KEPT_ACTIONS.name]: answer([...text, ...(mails.length > 0 ? ['spool\n'] : []), ...queue].join('')),
  });
  const run: KeptRun = {
    name: RUN,
    kept: Object.keys(texts).map(name => ({ how: 'replaced', name, state: '' })),
    saved: new Map(),
  };
  return { run, observed };
}

const confOf = (host: Host, fleet: Fleet): string => smtpdConf(host, { ...fleet, agreed: wantedHops(host, fleet) });
const NAMES = ['namorar', 'carinho', 'mimando'] as const;

/** A fleet after an edit, which is undone. */
function edited(before: string, after: string, queues: Partial<Record<(typeof NAMES)[number], readonly Mail[]>> = {}) {
  const [old, fleet] = [fleetOf(before), fleetOf(after)];
  const all = new Map<string, Undone>(
    NAMES.map(name => {
      const [was, is] = [hostOf(old, name), hostOf(fleet, name)];
      const table: [string, string] = [recipientsTable(is, fleet), recipientsTable(was, old)];
      return [
        name,
        undone(confOf(is, fleet), confOf(was, old), queues[name], { '/etc/mail/recipients': table }),
      ] as const;
    }),
  );
  const refusals = (hosts: readonly string[] = NAMES): Readonly<Record<string, string>> => {
    const known = new Map([...all].filter(([name]) => hosts.includes(name)));
    return Object.fromEntries(
      hosts.flatMap(name => {
        const host = hostOf(fleet, name);
        const failure = neighbourLeft(host, fleet, known) ?? refusedByUndo(host, fleet, known);
        return failure ? [[name, failure.what] as const] : [];
      }),
    );
  };
  return { refusals };
}

describe('mail in the queue of a host', () => {
  const fleet = fleetOf(article);
  const gateway = confOf(hostOf(fleet, 'carinho'), fleet);
  const said = (now: string, then: string, ...mails: readonly Mail[]): string | undefined => {
    const { run, observed } = undone(now, then, mails);
    return strandedByUndo('carinho', run, observed)?.what;
  };
  const OUT = ['outbound', 'bob@internet.example'] as const;
  it('has no action in the earlier file', () => {
    expect(said(gateway, STOCK, ['forward_to_mimando.lan', 'test@example.com'])).toBe(
      '1 queued message needs an action that the earlier smtpd.conf does not have: "forward_to_mimando.lan" (8c5fa896e2244000 from <a@b.example> to <test@example.com>, queued 2026-11-22T06:52Z)',
    );
  });
  it('would be sent from the line at home, not by the relay', () => {
    expect(said(gateway, STOCK, OUT)).toBe(
      '1 queued message needs an action that leads elsewhere in the earlier smtpd.conf: "outbound" (8c5fa896e2244000 from <a@b.example> to <bob@internet.example>, queued 2026-11-22T06:52Z)',
    );
  });
  it('would not be read, for it was queued in another form', () => {
    expect(said(gateway, `queue compression\n${gateway}`, OUT)).toContain('mail is queued in a form');
  });
  it('goes on where the earlier file has its action, or is the same', () => {
    expect(said(gateway, gateway.replace('queue ttl 20d', 'queue ttl 4d'), OUT)).toBe(undefined);
    expect(said(gateway, gateway, ['unknown', 'test@example.com'])).toBe(undefined);
    expect(said(gateway, STOCK)).toBe(undefined);
  });
});

describe('a recipient that the run has added', () => {
  const nova = articleWith('test: jay,', 'test: jay, nova: jay,');
  it('has mail on the relay, which the gateway would refuse for good', () => {
    const { refusals } = edited(article, nova, { namorar: [['relay_in_vpn0.example.com', 'Nova+shop@example.com']] });
    expect(refusals()).toEqual({
      namorar:
        'carinho would refuse permanently what is queued for it: 8c5fa896e2244000 from <a@b.example> to <Nova+shop@example.com>, queued 2026-11-22T06:52Z',
    });
  });
  it('has mail on the gateway, which the workstation would refuse for good', () => {
    const { refusals } = edited(article, nova, { carinho: [['forward_to_mimando.lan', 'nova@example.com']] });
    expect(Object.keys(refusals())).toEqual(['carinho']);
  });
  it('has none: all hosts go back', () => {
    const others: readonly Mail[] = [
      ['relay_in_vpn0.example.com', 'test@example.com'],
      ['relay_out', 'bob@internet.example'],
    ];
    expect(edited(article, nova, { namorar: others }).refusals()).toEqual({});
  });
  it('is still accepted before it where a host cannot go back', () => {
    const { refusals } = edited(article, nova);
    // The relay alone may go back: it hands over less.
    expect(refusals(['namorar'])).toEqual({});
    expect(Object.keys(refusals(['carinho', 'mimando']))).toEqual(['carinho']);
    expect(Object.keys(refusals(['namorar', 'mimando']))).toEqual(['mimando']);
  });
  it('that the run has removed is not handed over again to a host that stays', () => {
    const { refusals } = edited(nova, article);
    expect(Object.keys(refusals(['namorar']))).toEqual(['namorar']);
    expect(refusals(['mimando'])).toEqual({});
    expect(refusals()).toEqual({});
  });
});

describe('TLS that the run has turned on or off', () => {
  it.each([
    ['on', tlsOff, article],
    ['off', article, tlsOff],
  ])('%s goes back on all hosts, and on none if one would stay', (_, before, after) => {
    const { refusals } = edited(before, after);
    expect(refusals()).toEqual({});
    for (const name of NAMES) expect(Object.keys(refusals(NAMES.filter(one => one !== name)))).not.toEqual([]);
  });
});

it('a domain of whose users mail waits on the workstation is named', () => {
  const both = articleWith('domain: example.com', 'domain: [example.com, example.net]');
  const { refusals } = edited(article, both, { mimando: [['outbound', 'bob@internet.example', 'test@example.net']] });
  expect(Object.keys(refusals())).toEqual(['mimando']);
});

it('a host that had no mail of others before can go back alone', () => {
  const fleet = fleetOf(article);
  for (const name of NAMES) {
    const host = hostOf(fleet, name);
    const all = new Map([[name as string, undone(confOf(host, fleet), STOCK)]]);
    expect(neighbourLeft(host, fleet, all)).toBe(null);
  }
});
