/** Lines of the admin in /etc/hosts with the name of a next hop. */
import { describe, expect, it } from 'vitest';
import { elsewhereProblems } from '../../src/checks/names-elsewhere.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { elsewhereOn, hostsFile, namesFor } from '../../src/tasks/hosts-file.ts';
import { answer, answeringAll, observing, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf, severalStations, tlsOff } from './fleets.ts';

const FRESH = '127.0.0.1\tlocalhost\n::1\t\tlocalhost\n';
/** As the article has them, on every host. */
const ARTICLE = `${FRESH}2001:db8:c1da::1 vpn0.example.com
2001:db8:c1da::2 vpn1.example.com
2001:db8:6969::1 carinho.lan
2001:db8:6969::2 mimando.lan
2001:db8:c1da::2 smtp.example.com
`;
const blockOn = (host: string, fleet: Fleet): string =>
  [
    '# mailtun: begin',
    ...namesFor(hostOf(fleet, host), fleet).map(({ address, name }) => `${address}\t${name}`),
    '# mailtun: end',
    '',
  ].join('\n');
const block = blockOn('carinho', fleetOf(article));
const PUBLIC = '192.0.2.25 smtp.example.com\n';

const foundIn = (text: string, host = 'carinho', inventory = article): readonly string[] => {
  const fleet = fleetOf(inventory);
  return elsewhereOn(hostOf(fleet, host), fleet, observing([plainFile('/etc/hosts', text)])).map(
    ({ name, other, line }) => `${line}: ${name} ${other}`,
  );
};

describe('a name of a next hop with another address', () => {
  it.each<[string, string, string]>([
    ['before the block', `${FRESH}${PUBLIC}${block}`, '3: smtp.example.com 192.0.2.25'],
    ['behind the block', `${FRESH}${block}${PUBLIC}`, '9: smtp.example.com 192.0.2.25'],
    ['before there is a block', FRESH + PUBLIC, '3: smtp.example.com 192.0.2.25'],
    ['among other names', `192.0.2.25\tvm  SMTP.example.com my-vm # mine\n${block}`, '1: smtp.example.com 192.0.2.25'],
    ['with a zone', `fe80::2%em0 smtp.example.com\n${block}`, '1: smtp.example.com fe80::2'],
    ['of another family', `198.51.100.9 smtp.example.com\n${block}`, '1: smtp.example.com 198.51.100.9'],
    ['where the comment ends with CR', `192.0.2.25 smtp.example.com #\r\n${block}`, '1: smtp.example.com 192.0.2.25'],
    ['below a block without its end', `# mailtun: begin\n${PUBLIC}`, '2: smtp.example.com 192.0.2.25'],
  ])('is found %s', (_, text, found) => expect(foundIn(text)).toEqual([found]));

  it.each<[string, string]>([
    ['on a fresh host', FRESH],
    ['on a host of the article', ARTICLE],
    ['on one that was adopted', ARTICLE + block],
    ['in the block itself', `${FRESH}${block.replace('2001:db8:c1da::2\tsmtp', '192.0.2.25\tsmtp')}`],
    ['where the address is written in another form', `${block}2001:DB8:c1da:0::2 smtp.example.com\n`],
    ['in a comment', `${block}# ${PUBLIC}`],
    ['for a name that smtpd does not relay to', `${block}192.0.2.25 vpn1.example.com mx1.example.com\n`],
    ['for a name of the host itself', `${block}192.168.1.2 carinho.lan carinho vpn0.example.com\n`],
    ['where libc does not read that far', `${block}192.0.2.25 a b c d e f g h i smtp.example.com\n`],
    ['where a carriage return is a letter of the name', `${block}192.0.2.25 smtp.example.com\r\n`],
    ['where the address is none', `${block}smtp.example.com smtp.example.com\n`],
  ])('is not found %s', (_, text) => expect(foundIn(text)).toEqual([]));

  it('is that of a gateway on a relay and on a workstation', () => {
    const own = '198.51.100.1 vpn0.example.com\n2001:db8:6969::9 carinho.lan\n192.0.2.25 smtp.example.com\n';
    expect(foundIn(own, 'namorar')).toEqual(['1: vpn0.example.com 198.51.100.1']);
    expect(foundIn(own, 'mimando')).toEqual(['2: carinho.lan 2001:db8:6969::9']);
    for (const host of ['namorar', 'carinho', 'mimando']) expect(foundIn(ARTICLE, host)).toEqual([]);
  });
  it('is not found in the LAN with an address of the other family, which is its own as a rule', () => {
    expect(foundIn('192.168.1.2 carinho.lan\n', 'mimando')).toEqual([]);
    expect(foundIn('192.168.1.3 mimando.lan\n')).toEqual([]);
  });
  it('may be that of several hosts', () => {
    const fleet = fleetOf(severalStations);
    const lines = namesFor(hostOf(fleet, 'carinho'), fleet).filter(({ name }) => name.endsWith('.lan'));
    const stations = lines.filter(({ name }) => name !== 'carinho.lan');
    expect(stations.length).toBeGreaterThan(1);
    const own = stations.map(({ name }) => `2001:db8:6969::9 ${name}\n`).join('');
    expect(foundIn(own, 'carinho', severalStations)).toEqual(
      stations.map(({ name }, at) => `${at + 1}: ${name} 2001:db8:6969::9`),
    );
  });
});

/** What provision and status make of it. */
function judged(inventory: string, text: string) {
  const fleet = fleetOf(inventory);
  const host = hostOf(fleet, 'carinho');
  const assigned = assign([hostsFile], host, fleet);
  const files = [plainFile('/etc/hosts', text), plainFile('/etc/resolv.conf', 'lookup file bind\n')];
  const observed = answeringAll(assigned, files, { 'service smtpd': answer('running\n') });
  const { failures, notes, changes } = plan(assigned, observed, new Map());
  const problems = elsewhereProblems({ host, namesElsewhere: elsewhereOn(host, fleet, observed) }, fleet);
  return { failures, notes, changes: changes.map(one => one.resource), problems };
}

const WHAT = 'line 9 of /etc/hosts on carinho gives smtp.example.com another address, 192.0.2.25, and smtpd uses both';

it('is a problem and a note where TLS protects the mail', () => {
  const { failures, notes, changes, problems } = judged(article, `${FRESH}${block}${PUBLIC}`);
  expect([failures, changes]).toEqual([[], []]);
  expect(notes).toEqual([`${WHAT}: on carinho, take smtp.example.com out of line 9 of /etc/hosts`]);
  expect(problems).toEqual([
    {
      host: 'carinho',
      code: 'hosts-name-elsewhere',
      what: WHAT,
      evidence: '/etc/hosts:9: 192.0.2.25 smtp.example.com; in the inventory its address is 2001:db8:c1da::2',
      remedy: 'on carinho, take smtp.example.com out of line 9 of /etc/hosts',
      provisions: null,
    },
  ]);
});

it('refuses the host without TLS', () => {
  const { failures, changes, problems } = judged(tlsOff, `${FRESH}${block}${PUBLIC}`);
  expect(changes).toEqual([]);
  expect(failures).toMatchObject([
    {
      what: `${WHAT}; without TLS, mail can be refused there permanently`,
      where: '/etc/hosts',
      remedy: 'on carinho, take smtp.example.com out of line 9 of /etc/hosts',
    },
  ]);
  expect(problems.map(({ what }) => what)).toEqual(failures.map(({ what }) => what));
});

it('is not to be taken away while the block does not have the name: DNS may have the same address', () => {
  const { failures } = judged(tlsOff, FRESH + PUBLIC);
  expect(failures[0]?.remedy).toBe(
    'on carinho, give smtp.example.com the address 2001:db8:c1da::2 in /etc/hosts, instead of that in line 3',
  );
});

it('does not stop what was set up by hand from being adopted', () => {
  for (const inventory of [article, tlsOff]) {
    const { failures, notes, problems } = judged(inventory, ARTICLE);
    expect([failures, notes, problems]).toEqual([[], [], []]);
  }
});
