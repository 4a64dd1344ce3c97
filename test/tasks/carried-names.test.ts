/** Queued mail keeps the name of its action (envelope.c); another host may have that name by now. */
import { describe, expect, it } from 'vitest';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { parseSpool } from '../../src/facts/smtpd-queue.ts';
import { type Fleet, gatewaysOf, type Host } from '../../src/hosts/fleet.ts';
import { Failure } from '../../src/run/failure.ts';
import { withCarried } from '../../src/tasks/carried-actions.ts';
import type { Queued } from '../../src/tasks/carried-refusals.ts';
import { CARRIED } from '../../src/tasks/carried-section.ts';
import { addressesThrough } from '../../src/tasks/neighbours.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { strandedIn } from '../../src/tasks/stranded-mail.ts';
import { fc } from '../properties.ts';
import { fleetOf, hostOf, severalStations } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

type Mail = readonly [action: string, to: string];

const spoolOf = (mails: readonly Mail[]) =>
  parseSpool(
    [
      ...(mails.length > 0 ? ['spool'] : []),
      ...mails.map(
        ([action, to], index) =>
          `mail\t8c5fa896e224${String(index).padStart(4, '0')}\t1\tmta\t${action}\ta@b.example\t${to}`,
      ),
      ...[...new Set(mails.map(([action]) => action))].map(
        action => `count\t${mails.filter(([one]) => one === action).length}\t${action}`,
      ),
    ].join('\n'),
  );

/** Who has which name in the tunnel, and the gateways of recipients; hosts without a name are not there. */
interface Names {
  readonly carinho?: string;
  readonly saudade?: string;
  readonly lar?: string;
  readonly to: Readonly<Record<string, 'carinho' | 'saudade' | 'lar'>>;
  readonly ownLines?: boolean;
}

const NUMBERS = { carinho: 1, saudade: 3, lar: 4 } as const;

/** Each gateway has a domain of its own, beside those that are moved. */
const inventory = ({ to, ownLines, ...names }: Names): string => {
  const present = (['carinho', 'saudade', 'lar'] as const).filter(name => names[name] !== undefined);
  const domains = (name: string): readonly string[] => [
    `${name}.example`,
    ...Object.keys(to).filter(domain => to[domain] === name),
  ];
  const all = present.flatMap(domains);
  return `
domain: [${all.join(', ')}]
mail:
  tls: false
  recipients: { ${present.flatMap(name => domains(name).map(domain => `postmaster@${domain}: jay@${name}, test@${domain}: jay@${name}`)).join(', ')} }
hosts:
  namorar:
    role: relay
    ssh: namorar.example.com
    endpoint: 192.0.2.25
    tunnel: { name: relay.example.com, address: 10.6.9.2 }
    mx: [{ name: mx1.example.com, address: 192.0.2.25 }]
    outbound: { name: smtp.example.com, addresses: [192.0.2.25] }${ownLines ? '\n    own_lines: true' : ''}
${present
  .map(
    name => `  ${name}:
    role: gateway
    ssh: ${name}.lan
    tunnel: { name: ${names[name]}, address: 10.6.9.${NUMBERS[name]} }
    domains: [${domains(name).join(', ')}]`,
  )
  .join('\n')}
`;
};

const ownerOf = (name: string, fleet: Fleet | null): string | null =>
  (fleet && gatewaysOf(fleet).find(({ tunnel }) => tunnel.name === name)?.name) ?? null;

/** What withCarried() is told of a relay with these mails when the inventory changes from one fleet to another. */
const queuedFor = (fleet: Fleet, mails: readonly Mail[], before: Fleet | null = null, seconds = 0): Queued => ({
  host: hostOf(fleet, 'namorar'),
  spool: spoolOf(mails),
  domains: fleet.domains,
  addresses: new Set(gatewaysOf(fleet).flatMap(gateway => addressesThrough(gateway, fleet))),
  now: (1 + seconds) * 1000,
  included: { names: new Set(), isSure: true, used: new Set() },
  leads: name => [ownerOf(name, before), ownerOf(name, fleet)],
});

const confOf = (fleet: Fleet): string => smtpdConf(hostOf(fleet, 'namorar'), fleet);
/** @param seconds for which they have waited. */
const changed = (existing: string, names: Names, mails: readonly Mail[], seconds = 0): string => {
  const fleet = fleetOf(inventory(names));
  return withCarried(confOf(fleet), existing, queuedFor(fleet, mails, null, seconds));
};
/** Where own lines use these actions. */
const besideOwn = (existing: string, names: Names, mails: readonly Mail[], used: readonly string[]): string => {
  const fleet = fleetOf(inventory({ ...names, ownLines: true }));
  const included = { names: new Set<string>(), isSure: true, used: new Set(used) };
  return withCarried(confOf(fleet), existing, { ...queuedFor(fleet, mails), included });
};
const leadsTo = (conf: string, action: string): string | undefined =>
  parseSmtpdConf(conf)
    .actions.find(one => one.name === action)
    ?.raw.replace(/.*\/\//, '');
const ruleFor = (conf: string, domain: string): string | null | undefined =>
  parseSmtpdConf(conf).matches.find(({ raw }) => raw.includes(`domain "${domain}" rcpt-to`))?.action;

const X = 'relay_in_vpn2';
const [FIRST, GONE, BACK] = [
  { carinho: 'vpn0', saudade: 'vpn2', to: { 'example.com': 'saudade' } },
  { carinho: 'vpn0', to: { 'example.com': 'carinho' } },
  { carinho: 'vpn0', lar: 'vpn2', to: { 'example.com': 'carinho' } },
] as const satisfies readonly Names[];
const old: Mail = [X, 'test@example.com'];

describe('mail that has another destination than the host that has its name by now', () => {
  const first = confOf(fleetOf(inventory(FIRST)));
  const gone = changed(first, GONE, [old]);
  const back = changed(gone, BACK, [old]);

  it('keeps it, under the old name; the host gets its mail under another one', () => {
    expect(leadsTo(gone, X)).toBe('vpn0');
    expect([X, `${X}+2`].map(name => leadsTo(back, name))).toEqual(['vpn0', 'vpn2']);
    expect(['example.com', 'lar.example'].map(domain => ruleFor(back, domain))).toEqual(['relay_in_vpn0', `${X}+2`]);
    expect(smtpdSays(back)).toBe('configuration OK');
    expect(back).toContain(`${CARRIED}\naction "${X}" relay host smtp+notls://vpn0\n\n`);
  });
  it('and that is not a difference, while either waits, or neither', () => {
    const fresh: Mail = [`${X}+2`, 'test@lar.example'];
    for (const mails of [[old], [old, fresh], [fresh], []]) expect(changed(back, BACK, mails)).toBe(back);
  });
  it('the plain name is back with the next change, and mail under the other one goes on', () => {
    const next = { ...BACK, to: { ...BACK.to, 'example.net': 'lar' } } as const;
    const plain = changed(back, next, []);
    expect([leadsTo(plain, X), leadsTo(plain, `${X}+2`), ruleFor(plain, 'lar.example')]).toEqual(['vpn2', 'vpn2', X]);
    expect(changed(plain, next, [])).toBe(plain);
    expect(changed(plain, { ...next, to: BACK.to }, [])).toBe(confOf(fleetOf(inventory(BACK))));
    const still = changed(back, next, [old]);
    expect([ruleFor(still, 'example.net'), leadsTo(still, X)]).toEqual([`${X}+2`, 'vpn0']);
  });
  it('a name that other mail needs again is a third one', () => {
    const mails: readonly Mail[] = [old, [`${X}+2`, 'test@lar.example']];
    const moved = changed(back, { ...BACK, lar: 'vpn3' }, mails);
    const taken = changed(moved, { ...BACK, lar: 'vpn3', saudade: 'vpn2' }, mails);
    const names = [X, `${X}+2`, `${X}+3`];
    expect(names.map(name => leadsTo(taken, name))).toEqual(['vpn0', 'vpn3', 'vpn2']);
    expect(ruleFor(taken, 'saudade.example')).toBe(`${X}+3`);
  });
  it('goes by its recipients if the old destination has another name as well', () => {
    const renamed = changed(gone, { ...BACK, carinho: 'home' }, [old]);
    expect([X, `${X}+2`].map(name => leadsTo(renamed, name))).toEqual(['home', 'vpn2']);
  });
  it('two that exchange their names in two runs exchange no mail', () => {
    const mails: readonly Mail[] = [
      ['relay_in_a', 'test@carinho.example'],
      ['relay_in_b', 'test@lar.example'],
    ];
    const begun = confOf(fleetOf(inventory({ carinho: 'a', lar: 'b', to: {} })));
    const halfway = changed(begun, { carinho: 'c', lar: 'd', to: {} }, mails);
    const done = changed(halfway, { carinho: 'b', lar: 'a', to: {} }, mails);
    const names = ['relay_in_a', 'relay_in_b', 'relay_in_a+2', 'relay_in_b+2'];
    expect(names.map(name => leadsTo(done, name))).toEqual(['b', 'a', 'a', 'b']);
    expect(smtpdSays(done)).toBe('configuration OK');
  });
  it('so it is in the LAN', () => {
    const was = 'forward_to_desk.lan';
    const mail = spoolOf([[was, 'test@example.com']]);
    const confIn = (text: string, existing: string | null): string => {
      const fleet = fleetOf(text);
      const host = hostOf(fleet, 'carinho');
      return withCarried(smtpdConf(host, fleet), existing, { ...queuedFor(fleet, []), host, spool: mail });
    };
    const renamed = severalStations.replaceAll('mimando.lan', 'far.lan');
    const alone = renamed.replace(/\n {2}desk:[\s\S]*$/, '').replace('ana: ana@desk, ', '');
    const handedOn = confIn(alone, 'action "forward_to_desk.lan" relay host smtp://desk.lan\n');
    expect(leadsTo(handedOn, was)).toBe('far.lan');
    const conf = confIn(severalStations, handedOn);
    expect([was, `${was}+2`].map(name => leadsTo(conf, name))).toEqual(['mimando.lan', 'desk.lan']);
    expect(smtpdSays(conf)).toBe('configuration OK');
  });

  it.each<readonly [why: string, Names, readonly Mail[], readonly string[]]>([
    ['own lines use the name as well', BACK, [old], [X]],
    ['own lines use a macro', BACK, [old], ['$in']],
    ['some of it waits for nobody', { ...BACK, carinho: 'home' }, [old, [X, 'gone@example.com']], []],
    ['it waits for nobody', { ...BACK, carinho: 'home', to: {} }, [old], []],
  ])('is refused where that is not plain: %s', (_, names, mails, used) => {
    expect(() => besideOwn(gone, names, mails, used)).toThrow(`would not have: "${X}"`);
  });
  it('is sorted out by smtpd itself if it waits for several', () => {
    const conf = changed(gone, { ...BACK, carinho: 'home' }, [old, [X, 'test@lar.example']]);
    expect([X, `${X}+2`].map(name => leadsTo(conf, name))).toEqual(['127.0.0.1', 'vpn2']);
    expect(smtpdSays(conf)).toBe('configuration OK');
  });
  it('own lines that come to use the name get it back', () => {
    const own = besideOwn(gone, BACK, [old], []);
    expect(ruleFor(own, 'lar.example')).toBe(`${X}+2`);
    expect(ruleFor(besideOwn(own, BACK, [], [X]), 'lar.example')).toBe(X);
  });
});

describe('mail that waits for a host although its recipient has another one', () => {
  const both = { ...FIRST, to: { 'example.com': 'carinho' } } as const;
  const first = confOf(fleetOf(inventory(FIRST)));
  const theirs: Mail = [X, 'test@saudade.example'];

  it('goes on to it for a minute; then smtpd itself sorts out what waits and what comes until it is restarted', () => {
    for (const mails of [[old], [old, theirs]]) {
      expect(changed(first, both, mails, 60)).toBe(confOf(fleetOf(inventory(both))));
      const late = changed(first, both, mails, 61);
      expect([X, `${X}+2`].map(name => leadsTo(late, name))).toEqual(['127.0.0.1', 'vpn2']);
      expect(ruleFor(late, 'saudade.example')).toBe(`${X}+2`);
      expect(late).toContain('listen on 127.0.0.1 port 25 mask-src no-dsn');
      expect(smtpdSays(late)).toBe('configuration OK');
      for (const left of [mails, [], [[`${X}+2`, 'test@saudade.example'] as const]])
        expect(changed(late, both, left, 99)).toBe(late);
    }
  });
  it('goes to the other one where no mail comes under that name', () => {
    const carried = changed(first, { ...both, saudade: 'vpn3' }, [old]);
    expect(leadsTo(carried, X)).toBe('vpn0');
    const renamed = changed(changed(first, { ...FIRST, saudade: 'vpn3' }, []), { ...FIRST, saudade: 'vpn3' }, [old]);
    expect(leadsTo(renamed, X)).toBe('vpn3');
    const moved = { ...both, saudade: 'vpn3' } as const;
    expect([59, 61].map(seconds => leadsTo(changed(renamed, moved, [old], seconds), X))).toEqual(['vpn3', 'vpn0']);
  });
  it('is left alone where all is well, or one recipient has none', () => {
    const plain = confOf(fleetOf(inventory(both)));
    expect(changed(plain, both, [theirs], 99)).toBe(plain);
    expect(changed(plain, both, [old, [X, 'gone@example.com']], 99)).toBe(plain);
  });
  it('and where own lines use the name', () => {
    const fleet = fleetOf(inventory({ ...both, ownLines: true }));
    const included = { names: new Set<string>(), isSure: true, used: new Set([X]) };
    const queued = { ...queuedFor(fleet, [old], null, 99), included };
    expect(withCarried(confOf(fleet), confOf(fleet), queued)).toBe(confOf(fleet));
  });
});

const HOSTS = ['carinho', 'saudade', 'lar'] as const;
const NAMES = ['a', 'b', 'c', 'd'] as const;

/** An inventory, and which of the recipients are sent mail, and how many of the oldest mails are delivered, after it. */
const drawn = fc.record({
  names: fc.shuffledSubarray([...NAMES], { minLength: 3, maxLength: 3 }),
  absent: fc.constantFrom(null, null, ...HOSTS),
  owners: fc.tuple(fc.nat(2), fc.nat(2)),
  sent: fc.array(fc.nat(), { maxLength: 3 }),
  delivered: fc.nat(3),
  seconds: fc.constantFrom(0, 99),
});

describe('whatever names hosts are given', () => {
  it('mail goes where it went or where its recipient is, or the host is refused because that differs', () => {
    let [others, refused] = [0, 0];
    const made = (draws: readonly (typeof drawn extends fc.Arbitrary<infer T> ? T : never)[]): void => {
      let [before, conf, mails] = [null as Fleet | null, '', [] as readonly Mail[]];
      /** Where each waiting mail may go, beside its recipient's gateway. */
      let places: readonly ReadonlySet<string>[] = [];
      for (const { names, absent, owners, sent, delivered, seconds } of draws) {
        const there = HOSTS.filter(host => host !== absent);
        const owner = (index: number): Host['name'] => there[index % there.length] ?? '';
        const to = { 'example.com': owner(owners[0]), 'example.org': owner(owners[1]) } as Names['to'];
        const fleet = fleetOf(
          inventory({ ...Object.fromEntries(there.map(host => [host, names[HOSTS.indexOf(host)]])), to } as Names),
        );
        // Such an edit is refused as a whole, see exchanged-names.ts.
        const isExchange = NAMES.some(name => {
          const [one, other] = [ownerOf(name, before), ownerOf(name, fleet)];
          return one !== null && other !== null && one !== other;
        });
        if (isExchange) continue;
        const queued = queuedFor(fleet, mails, before, seconds);
        const gatewayOf = (recipient: string) =>
          gatewaysOf(fleet).find(gateway => addressesThrough(gateway, fleet).includes(recipient))?.name;
        let next = '';
        try {
          next = withCarried(confOf(fleet), before === null ? null : conf, queued);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          const gateways = [...queued.spool.counts.keys()].map(
            name => new Set(mails.flatMap(([action, to]) => (action === name ? [gatewayOf(to)] : []))),
          );
          expect(gateways.some(all => all.size > 1 || all.has(undefined))).toBe(true);
          refused += 1;
          continue;
        }
        expect(withCarried(confOf(fleet), next, queuedFor(fleet, mails, fleet, seconds))).toBe(next);
        expect(strandedIn(next, queued.spool)).toEqual([]);
        if (/\+\d/.test(next)) others += 1;
        places = mails.map(([action, recipient], index) => {
          const name = leadsTo(next, action) ?? '';
          const place = name === '127.0.0.1' ? (gatewayOf(recipient) ?? null) : ownerOf(name, fleet);
          const may = [gatewayOf(recipient), ...(places[index] ?? [])];
          expect(may, `${action} to ${recipient}\n${next}`).toContain(place);
          return new Set(place === null ? [] : [place]);
        });
        const rules = parseSmtpdConf(next).matches.filter(one => one.rcptTo !== null && one.for.kind === 'domain');
        const fresh = sent.flatMap(pick => {
          const domain = fleet.domains[pick % fleet.domains.length] ?? '';
          const action = rules.find(({ raw }) => raw.includes(`domain "${domain}"`))?.action;
          return action ? [[action, `test@${domain}`] as const] : [];
        });
        for (const [action, recipient] of fresh)
          expect(ownerOf(leadsTo(next, action) ?? '', fleet)).toBe(gatewayOf(recipient));
        mails = [...mails, ...fresh].slice(delivered);
        places = [...places, ...fresh.map(([, recipient]) => new Set([gatewayOf(recipient) ?? '']))].slice(delivered);
        [before, conf] = [fleet, next];
      }
    };
    fc.assert(
      fc.property(fc.array(drawn, { minLength: 3, maxLength: 8 }), draws => made(draws)),
      { numRuns: 300 },
    );
    expect(others).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});
