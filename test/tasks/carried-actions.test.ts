import { describe, expect, it } from 'vitest';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { parseSpool, READ_SPOOL } from '../../src/facts/smtpd-queue.ts';
import { type Fleet, gatewaysOf } from '../../src/hosts/fleet.ts';
import { MARK } from '../../src/resources/file.ts';
import { Failure } from '../../src/run/failure.ts';
import { withCarried } from '../../src/tasks/carried-actions.ts';
import { CARRIED } from '../../src/tasks/carried-section.ts';
import { addressesThrough } from '../../src/tasks/neighbours.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { strandedIn } from '../../src/tasks/stranded-mail.ts';
import { fc } from '../properties.ts';
import {
  article,
  articleWith,
  hostOf,
  fleetOf as readFleet,
  severalStations,
  singleMachine,
  tlsOff,
  twoGateways,
  twoRelays,
} from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const fleets = new Map<string, Fleet>();
/** Each inventory is read once. */
function fleetOf(text: string): Fleet {
  const known = fleets.get(text) ?? readFleet(text);
  fleets.set(text, known);
  return known;
}

const NOW = Date.parse('2026-11-22T08:00:00Z');

type Mail = readonly [action: string, agent: string, to: string];

/** A queue in which mails wait for actions. */
const spoolOf = (...mails: readonly Mail[]) =>
  parseSpool(
    [
      ...(mails.length > 0 ? ['spool'] : []),
      ...mails.map(
        ([action, agent, to], index) =>
          `mail\t8c5fa896e22440${String(index).padStart(2, '0')}\t${NOW / 1000 - 7300}\t${agent}\t${action}\ta@b.example\t${to}`,
      ),
      ...[...new Set(mails.map(([action]) => action))].map(
        action => `count\t${mails.filter(([one]) => one === action).length}\t${action}`,
      ),
    ].join('\n'),
  );

/** The file of a host after a change of the inventory, with these mails queued under `existing`. */
function afterEdit(existing: string, text: string, name: string, ...mails: readonly Mail[]): string {
  const fleet = fleetOf(text);
  const host = hostOf(fleet, name);
  const about = { domains: fleet.domains, addresses: addressesIn(fleet), now: NOW, isOurs: existing.includes(MARK) };
  const queued = { host, spool: spoolOf(...mails), ...about };
  return withCarried(smtpdConf(host, fleet), existing, queued);
}
const addressesIn = (fleet: Fleet): ReadonlySet<string> =>
  new Set(gatewaysOf(fleet).flatMap(gateway => addressesThrough(gateway, fleet)));
const confOf = (text: string, name: string): string => {
  const fleet = fleetOf(text);
  return smtpdConf(hostOf(fleet, name), fleet);
};
const actionOf = (conf: string, name: string) => parseSmtpdConf(conf).actions.find(one => one.name === name)?.raw;

const relay = confOf(article, 'namorar');
const gateway = confOf(article, 'carinho');
const handMade = (conf: string, from: string, to: string) => conf.replaceAll(`"${from}"`, `"${to}"`);
const IN = ['relay_in_vpn0.example.com', 'forward_to_mimando.lan'] as const;

describe('what queued mail needs', () => {
  it('still goes to the same destination under its old name, with the options of the new file', () => {
    const conf = afterEdit(handMade(relay, IN[0], 'my_inbound'), article, 'namorar', [
      'my_inbound',
      'mta',
      'test@example.com',
    ]);
    expect(conf).toContain(
      `action "relay_out" relay helo smtp.example.com src <sources>\n${CARRIED}\naction "my_inbound" relay tls ca vpnca pki vpn1.example.com host smtp+tls://vpn0.example.com\n\nmatch`,
    );
    expect(smtpdSays(conf)).toBe('configuration OK');
  });
  it('exists under hand-made names before mail is queued for them; a fresh machine has none', () => {
    const stock =
      'action "local_mail" mbox alias <aliases>\naction "outbound" relay\nmatch from local for any action "outbound"\n';
    expect(actionOf(afterEdit(handMade(relay, IN[0], 'my_inbound'), article, 'namorar'), 'my_inbound')).toContain(
      'host smtp+tls://vpn0.example.com',
    );
    expect(afterEdit(stock, article, 'namorar')).toBe(relay);
  });

  it('goes to the successor by its recipients if the old destination is gone', () => {
    const old = handMade(relay, IN[0], 'in').replaceAll('vpn0.example.com', 'home.example.com');
    expect(actionOf(afterEdit(old, article, 'namorar', ['in', 'mta', 'test@example.com']), 'in')).toContain(
      '//vpn0.example.com',
    );
  });
  it('goes with its recipient if that has a part after a plus', () => {
    const old = handMade(relay, IN[0], 'in').replaceAll('vpn0.example.com', 'home.example.com');
    expect(actionOf(afterEdit(old, article, 'namorar', ['in', 'mta', 'Test+shop@example.com']), 'in')).toContain(
      '//vpn0.example.com',
    );
  });
  it('is relayed by smtpd to itself if it is now delivered here', () => {
    const mail = [IN[1], 'mta', 'test@example.com'] as const;
    const conf = afterEdit(gateway, singleMachine, 'carinho', mail);
    expect(actionOf(conf, IN[1])).toBe(`action "${IN[1]}" relay host smtp+notls://127.0.0.1`);
    expect(conf).toContain('listen on 127.0.0.1 port 25 ');
    expect(smtpdSays(conf)).toBe('configuration OK');
    expect(afterEdit(conf, singleMachine, 'carinho', mail)).toBe(conf);
  });
  it("is sent out as the host's other mail if it has waited for the action of a fresh machine", () => {
    const stock =
      'table aliases file:/etc/mail/aliases\naction "local_mail" mbox alias <aliases>\naction "out" relay\n';
    expect(actionOf(afterEdit(stock, article, 'carinho', ['out', 'mta', 'bob@internet.example']), 'out')).toContain(
      'host smtp+tls://mailuser@smtp.example.com auth <secrets>',
    );
    expect(actionOf(afterEdit(stock, article, 'namorar', ['out', 'mta', 'bob@internet.example']), 'out')).toBe(
      'action "out" relay helo smtp.example.com src <sources>',
    );
  });
  it.each(['carinho', 'mimando'])('goes out to the world if the host, such as %s, is a relay by now', name => {
    const mail = ['outbound', 'mta', 'bob@internet.example'] as const;
    expect(actionOf(afterEdit(confOf(article, name), article, 'namorar', mail), 'outbound')).toBe(
      'action "outbound" relay helo smtp.example.com src <sources>',
    );
  });
  it('is delivered as before, whatever aliases it had', () => {
    const old = 'table a file:/etc/mail/x\naction home mbox virtual <a>\naction "maildir" maildir "~/in" user jay\n';
    const conf = afterEdit(old, article, 'carinho', ['home', 'mda', 'jay@here'], ['maildir', 'mda', 'jay@here']);
    expect(actionOf(conf, 'home')).toBe('action "home" mbox alias <aliases>');
    expect(actionOf(conf, 'maildir')).toBe('action "maildir" maildir "~/in" user jay');
    expect(smtpdSays(conf)).toBe('configuration OK');
  });
  it.each([
    ['relay_in', 'namorar', 'mta', 'test@example.com', '//vpn0.example.com'],
    ['relay_in_carinho', 'namorar', 'mta', 'test@example.com', '//vpn0.example.com'],
    ['outbound_example', 'carinho', 'mta', 'bob@internet.example', 'smtp.example.com'],
    ['forward_to_mimando', 'carinho', 'mta', 'postmaster@example.com', '//mimando.lan'],
    ['local_mail_example', 'mimando', 'mda', 'test@example.com', 'maildir'],
  ])('is freed if it is already stranded: %s', (action, host, agent, to, target) => {
    const existing = confOf(article, host);
    expect(strandedIn(existing, spoolOf([action, agent, to])).map(one => one.count)).toEqual([1]);
    const conf = afterEdit(existing, article, host, [action, agent, to]);
    expect(actionOf(conf, action)).toContain(target);
    expect(strandedIn(conf, spoolOf([action, agent, to]))).toEqual([]);
    expect(smtpdSays(conf)).toBe('configuration OK');
  });
});

describe('what is no longer needed', () => {
  const carried = afterEdit(handMade(relay, IN[0], 'old'), article, 'namorar', ['old', 'mta', 'test@example.com']);
  it('is not a difference by itself', () => expect(afterEdit(carried, article, 'namorar')).toBe(carried));
  it('nor while mail waits for other actions', () =>
    expect(afterEdit(carried, article, 'namorar', ['relay_out', 'mta', 'bob@internet.example'])).toBe(carried));
  it('is removed with the next change', () => {
    const other = articleWith('test: jay', 'ana: jay');
    expect(afterEdit(carried, other, 'namorar')).toBe(confOf(other, 'namorar'));
  });
});

describe('where it is not clear', () => {
  const refusal = (work: () => unknown): Failure => {
    try {
      work();
    } catch (error) {
      if (error instanceof Failure) return error;
    }
    throw new Error('not refused');
  };
  it('the messages are named, with a remedy', () => {
    const { what, remedy } = refusal(() => afterEdit('', article, 'namorar', ['in', 'mta', 'gone@example.com']));
    expect(what).toContain('1 queued message needs an action that the new smtpd.conf would not have: "in"');
    expect(what).toContain('8c5fa896e2244000 from <a@b.example> to <gone@example.com>, 2 h old');
    expect(remedy).toContain('smtpctl remove ID');
  });
  it('mail for another host of the admin is not sent to the internet', () => {
    const old = 'action partner relay host smtp://partner.example\n';
    const mail = ['partner', 'mta', 'x@partner.example'] as const;
    expect(refusal(() => afterEdit(old, article, 'namorar', mail)).what).toContain('"partner"');
  });
  it('nor is mail whose action a file had that is no longer included, since nobody knows where to it went', () => {
    const old = `${gateway}include "/etc/mail/smtpd.local.conf"\n`;
    const confWith = (to: string) => afterEdit(old, article, 'carinho', ['partner', 'mta', to]);
    expect(refusal(() => confWith('x@partner.example')).what).toContain('"partner"');
    expect(actionOf(confWith('test@example.com'), 'partner')).toContain('//mimando.lan');
  });
  it('messages of one action with different destinations are not sent to the same one', () => {
    const mails = [
      ['x', 'mta', 'test@example.com'],
      ['x', 'mta', 'ana@example.com'],
    ] as const;
    expect(refusal(() => afterEdit('', severalStations, 'carinho', ...mails)).what).toContain('2 queued messages');
  });
  it('a host that gets its former name back gets its mail', () => {
    const was = 'forward_to_mimando.lan';
    const mail = [was, 'mta', 'test@example.com'] as const;
    const renamed = afterEdit(gateway, article.replaceAll('mimando.lan', 'far.lan'), 'carinho', mail);
    expect(actionOf(renamed, was)).toContain('//far.lan');
    expect(actionOf(afterEdit(renamed, article, 'carinho', mail, [was, 'mta', 'root@mimando.lan']), was)).toContain(
      '//mimando.lan',
    );
  });
  it('a compressed queue is refused for a file without that option', () => {
    expect(
      refusal(() => afterEdit('queue compression\n', article, 'namorar', [IN[0], 'mta', 'test@example.com'])).what,
    ).toContain('queue compression');
  });
  it('and so is one that an included file has compressed, of which nothing can be read', () => {
    const text = 'include "/etc/mail/queue.conf"\n';
    const [fleet, hidden] = [fleetOf(article), parseSpool('spool\n')];
    const queued = { host: hostOf(fleet, 'namorar'), spool: hidden, domains: fleet.domains, now: NOW };
    const edited = (spool: typeof hidden) =>
      withCarried(relay, text, { ...queued, spool, addresses: addressesIn(fleet) });
    expect(refusal(() => edited(hidden)).what).toContain('/etc/mail/queue.conf');
    expect(edited(parseSpool(''))).toBe(relay);
    expect(() => edited(spoolOf([IN[0], 'mta', 'test@example.com']))).not.toThrow();
  });
});

describe('whatever is changed in the inventory', () => {
  const texts = [
    article,
    severalStations,
    twoRelays,
    twoGateways,
    tlsOff,
    singleMachine,
    articleWith('domain: example.com', 'domain: [example.net, example.com]'),
    article.replace(/^ {2}mimando:/m, '  desk:'),
    article.replaceAll('mimando.lan', 'desk.lan'),
    article.replaceAll('vpn0.example.com', 'home.example.com'),
    articleWith('test: jay', 'ana: jay'),
    twoGateways.replace(/( {2}carinho:[\s\S]*?)( {2}lar:[\s\S]*?)( {2}desk:)/, '$2$1$3'),
  ];
  it('every action that queued mail needs exists with the same kind, or the host is refused', () => {
    const edit = fc.record({
      from: fc.constantFrom(...texts),
      to: fc.constantFrom(...texts),
      name: fc.constantFrom('namorar', 'carinho', 'mimando'),
      picks: fc.array(fc.tuple(fc.nat(), fc.constantFrom('test', 'ana', 'postmaster', 'bob')), {
        minLength: 1,
        maxLength: 4,
      }),
      domain: fc.constantFrom('example.com', 'example.org', 'example.net', 'internet.example'),
    });
    let [refused, carried] = [0, 0];
    fc.assert(
      fc.property(edit, ({ from, to, name, picks, domain }) => {
        if (![from, to].every(text => fleetOf(text).hosts.some(host => host.name === name))) return;
        const existing = confOf(from, name);
        const { actions } = parseSmtpdConf(existing);
        const mails = picks.flatMap(([pick, local]) => {
          const action = actions[pick % actions.length];
          return action
            ? [[action.name, action.method === 'relay' ? 'mta' : 'mda', `${local}@${domain}`] as const]
            : [];
        });
        let conf = '';
        try {
          conf = afterEdit(existing, to, name, ...mails);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          refused += 1;
          return;
        }
        if (conf.includes(CARRIED)) carried += 1;
        expect(strandedIn(conf, spoolOf(...mails))).toEqual([]);
        for (const [action] of mails)
          expect(actionOf(conf, action)?.includes('relay')).toBe(actionOf(existing, action)?.includes('relay'));
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(0);
    expect(carried).toBeGreaterThan(0);
  });
  it('an exchange of two gateways changes no name', () => {
    const swapped = texts.at(-1) ?? '';
    const sorted = (text: string) =>
      parseSmtpdConf(confOf(text, 'namorar'))
        .actions.map(one => one.raw)
        .toSorted();
    expect(swapped).not.toBe(twoGateways);
    expect(sorted(swapped)).toEqual(sorted(twoGateways));
  });
  it('the question costs no process if the queue is empty', () => {
    expect(READ_SPOOL.indexOf('exit 0')).toBeLessThan(READ_SPOOL.indexOf('find '));
    expect(gateway).toContain(`action "${IN[1]}"`);
  });
});
