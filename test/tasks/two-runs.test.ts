/** Edits of the LAN that are refused, with the two runs to make of them. */
import { describe, expect, it } from 'vitest';
import { ADDRESSES, WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { file, ofRoot } from '../../src/resources/file.ts';
import { ALIASES, RECIPIENTS, recipientsTable } from '../../src/tasks/aliases.ts';
import { SECRETS } from '../../src/tasks/credentials.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { keepingNames } from '../../src/tasks/exchanged-names.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { namesFor } from '../../src/tasks/hosts-file.ts';
import { CONF } from '../../src/tasks/in-force.ts';
import { rootTarget } from '../../src/tasks/root-alias.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { fleetOf, hostOf } from './fleets.ts';

interface Of {
  readonly gateway?: string;
  readonly names?: string;
  readonly lan?: string;
  readonly tls?: boolean;
}

const inventory = ({ gateway = 'carinho', names = 'lan', lan = '10.0.0', tls = false }: Of): Fleet => {
  const inner = (name: string, n: number) => `lan: { name: ${name}.${names}, address: ${lan}.${n} }`;
  const end = (n: number) => `tunnel: { name: vpn${n}.example.com, address: 10.6.9.${n} }`;
  return fleetOf(`
domain: [example.com, example.org]
mail: { tls: ${tls}, recipients: { postmaster@example.com: jay@${gateway === 'carinho' ? 'desk' : 'mimando'}, postmaster@example.org: ana@sala } }
hosts:
  namorar: { role: relay, ssh: namorar, endpoint: 192.0.2.21, ${end(1)}, mx: [{ name: mx.example.com, address: 192.0.2.21 }], outbound: { name: smtp.example.com, addresses: [192.0.2.21] } }
  carinho: { role: gateway, ssh: carinho, domains: example.com, ${end(2)}, ${inner('carinho', 2)} }
  lar: { role: gateway, ssh: lar, domains: example.org, ${end(3)}, ${inner('lar', 3)} }
  mimando: { role: workstation, ssh: mimando, gateway: carinho, ${inner('mimando', 4)} }
  sala: { role: workstation, ssh: sala, gateway: lar, ${inner('sala', 6)} }
  desk: { role: workstation, ssh: desk, gateway: ${gateway}, ${inner('desk', 5)} }
`);
};

const [OLD, SECURE] = [inventory({}), inventory({ tls: true })];
const addressOf = (name: string): readonly [string, ReadonlySet<string>] => {
  const host = hostOf(OLD, name);
  return [name, new Set(host.role === 'relay' || !host.lan ? [] : [host.lan.address])];
};

interface At {
  readonly old?: Fleet;
  /** Hosts that cannot be asked, that have their new addresses, that are no longer in the inventory. */
  readonly away?: readonly string[];
  readonly moved?: readonly string[];
  readonly gone?: readonly string[];
  /** A gateway that becomes one. */
  readonly relay?: string;
}

const namesOf = (name: string, fleet: Fleet): string =>
  `# mailtun: begin\n${namesFor(hostOf(fleet, name), fleet)
    .map(one => `${one.address}\t${one.name}\n`)
    .join('')}# mailtun: end\n`;

/** Why a host is refused; empty: it is not. */
function saidOn(name: string, of: Of, { old = OLD, away = [], moved = [], gone = [], relay }: At = {}): string {
  const fleet = inventory(of);
  const asked = fleet.hosts.map(one => one.name).filter(one => !away.includes(one));
  const holders = new Map(asked.map(one => (moved.includes(one) ? [one, new Set<string>()] : addressOf(one))));
  const view = {
    ...fleet,
    hosts: fleet.hosts
      .filter(one => !gone.includes(one.name))
      .map(one => (one.name === relay ? { ...hostOf(fleet, 'namorar'), name: relay } : one)),
    holders,
    inForce: wantedHops(hostOf(old, name), old),
  };
  const observed = observing([
    plainFile('/etc/hosts', namesOf(name, old)),
    plainFile(CONF, smtpdConf(hostOf(old, name), old)),
    plainFile('/etc/motd', ''),
  ]);
  const motd = file('/etc/motd', { content: () => '', ...ofRoot('0644') });
  try {
    keepingNames(motd, hostOf(fleet, name), view).judge(observed, {} as never);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

const ALL: Of = { gateway: 'lar', names: 'home', lan: '10.0.1' };
const ALL_SECURE: Of = { ...ALL, tls: true };
const FORMER = 'carinho.lan at 10.0.0.2 (carinho)';

describe('a workstation that gets another gateway, other names and other addresses in one run', () => {
  it.each([
    ['desk', 'carinho', FORMER],
    ['carinho', 'desk', 'desk.lan at 10.0.0.5 (desk)'],
  ])('is refused without TLS on %s if %s has the former address and cannot be asked', (name, other, what) =>
    expect(saidOn(name, ALL, { away: [other] })).toContain(what),
  );
  it.each(['desk', 'carinho'])('is not refused on %s if an interface tells who has the former address', name =>
    expect(saidOn(name, ALL)).toBe(''),
  );
  it('is not refused if its gateway becomes a relay, which has its address in the LAN', () =>
    expect(saidOn('desk', { ...ALL, names: 'lan', lan: '10.0.0' }, { relay: 'carinho' })).toBe(''));
  it('is refused if its gateway becomes a relay that cannot be asked, while TLS is turned off', () => {
    const of = { ...ALL, names: 'lan', lan: '10.0.0' };
    const at = { relay: 'carinho', away: ['carinho'] };
    // Without TLS before, the address is known.
    expect([saidOn('desk', of, { ...at, old: SECURE }), saidOn('desk', of, at)]).toEqual([
      expect.stringContaining(FORMER),
      '',
    ]);
  });
  it.each<[string, Of]>([
    ['the same names', { ...ALL, names: 'lan' }],
    ['the same addresses', { ...ALL, lan: '10.0.0' }],
    ['the same gateway', { ...ALL, gateway: 'carinho' }],
  ])('%s: is not refused', (_, of) => {
    for (const name of ['desk', 'carinho']) expect(saidOn(name, of), name).not.toContain('another gateway');
  });
  it('is refused where TLS is only to come, or to go, and not with TLS', () => {
    const away = ['carinho'];
    expect(saidOn('desk', ALL_SECURE, { away })).toContain(FORMER);
    expect(saidOn('desk', ALL, { old: SECURE, away })).toContain(FORMER);
    for (const name of ['desk', 'carinho']) expect(saidOn(name, ALL_SECURE, { old: SECURE }), name).toBe('');
  });
  it('is not refused if nobody has the former address any more, or the former gateway is gone', () =>
    expect([saidOn('desk', ALL, { moved: ['carinho'] }), saidOn('desk', ALL, { gone: ['carinho'] })]).toEqual([
      '',
      '',
    ]));
});

it('a workstation leaves the gateway to which another comes: both hosts that would wait are refused, and named', () => {
  const whole = inventory({ gateway: 'lar' });
  // What sala had is for desk now.
  const recipients = whole.mail.recipients.map(one => (one.host === 'sala' ? { ...one, host: 'desk' } : one));
  const hosts = whole.hosts.filter(one => one.name !== 'sala');
  const fleet: Fleet = { ...whole, hosts, mail: { ...whole.mail, recipients } };
  const seen = new Map(
    OLD.hosts.map(host => {
      const observed = observing(
        [
          plainFile(CONF, smtpdConf(host, OLD)),
          plainFile('/etc/hosts', namesOf(host.name, OLD)),
          plainFile(RECIPIENTS, recipientsTable(host, OLD)),
          plainFile(SECRETS, ''),
          plainFile(ALIASES, `root: ${rootTarget(host, OLD)}\n`),
        ],
        {
          'service smtpd': answer('enabled\nrunning\n'),
          ...Object.fromEntries([WAITING_MAIL, ADDRESSES, WG_INTERFACES].map(({ name }) => [name, answer()])),
        },
      );
      return [host.name, { observed, canChange: true }] as const;
    }),
  );
  const refused = fleet.hosts.flatMap(host =>
    agreements(fleet, [smtpd])(host, true)(seen, false).assigned.flatMap(({ resource }) => {
      try {
        if (resource.questions.length === 0) resource.judge(observing([]), {} as never);
        return [];
      } catch (error) {
        return error instanceof Error ? [error.message.split(':', 2).join(':')] : [];
      }
    }),
  );
  expect(refused).toEqual([
    'lar: lar and desk would wait for each other forever',
    'desk: desk and lar would wait for each other forever',
  ]);
});
