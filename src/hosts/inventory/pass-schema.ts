import type * as z from 'zod/mini';
import { familyOf, shortAddress } from '../addresses.ts';
import type { Pass } from '../filters.ts';
import type { Path, Report } from './errors.ts';
import { quoted } from './errors.ts';
import { tunnelEndName } from './settings.ts';
import { choice, either, list, mapping, text, wholeNumber } from './shapes.ts';
import { oneOf, type Site } from './site.ts';

const port = () => wholeNumber('a port', 1, 65_535, { description: 'A port of the far end' });

/** What else may go through the tunnel. */
export const passSchema = list(
  mapping(
    {
      from: text(tunnelEndName, { description: 'Who begins: a relay or a gateway, or its address in the tunnel' }),
      to: text(tunnelEndName, { description: 'Who answers: the other end' }),
      proto: choice(['tcp', 'udp'], { description: 'The protocol' }),
      port: either(
        [
          port(),
          list(port(), {
            thing: 'a list of ports',
            remedy: 'write a list of ports, as in [80, 443]',
            most: 100,
            description: 'Several ports',
          }),
        ],
        {
          thing: 'a port',
          remedy: 'write a port or a list of them, as in [80, 443]',
          description: 'Ports of the far end',
        },
      ),
    },
    { thing: 'a rule', description: 'What may pass' },
  ),
  {
    thing: 'a list of rules',
    remedy: 'write a list, as in [{ from: namorar, to: carinho, proto: tcp, port: 443 }]',
    description: 'What else the tunnel may carry',
  },
);

type Written = z.input<typeof passSchema>;

/** The end of the tunnel that is meant; null for none. */
function endOf(site: Site, word: string): string | null {
  const ends = [...site.relays, ...site.gateways];
  const same = (address: string): boolean => familyOf(address) !== null && shortAddress(address) === shortAddress(word);
  const found = ends.find(([name, { tunnel }]) => {
    const address = tunnel?.address?.replace(/\/\d+$/, '');
    return name === word || (familyOf(word) !== null && address !== undefined && same(address));
  });
  return found?.[0] ?? null;
}

/** Both are ends of one tunnel: one is a relay, the other a gateway. */
export function checkPass(site: Site, report: Report): void {
  const filter = site.draft.packet_filter;
  const pass = typeof filter === 'object' ? (filter.pass ?? []) : [];
  if (!site.isEveryRoleKnown) return;
  const known = [...site.relays, ...site.gateways].map(([name]) => name);
  for (const [index, rule] of pass.entries()) {
    const path: Path = ['packet_filter', 'pass', index];
    const ends = (['from', 'to'] as const).flatMap(key => {
      const word = rule?.[key];
      if (word === undefined) return [];
      const end = endOf(site, word);
      if (end !== null) return [end];
      const behind = site.workstations.find(([name, { lan }]) => name === word || lan?.address === word)?.[0];
      const what =
        behind === undefined
          ? `${quoted(word)} is not an end of the tunnel`
          : `${quoted(word)} is behind the tunnel, and not an end of it`;
      report({ path: [...path, key], what, remedy: oneOf(word, known, 'name a relay or a gateway') });
      return [];
    });
    const [from, to] = ends;
    if (from === undefined || to === undefined) continue;
    const roles = ends.map(name => site.draft.hosts?.[name]?.role);
    if (from === to || roles[0] === roles[1]) {
      const what = from === to ? `${from} needs no tunnel to itself` : `there is no tunnel between ${from} and ${to}`;
      report({ path: [...path, 'to'], what, remedy: 'name a relay and a gateway' });
    }
  }
}

/** What the rules mean. */
export const passFrom = (site: Site, written: Written = []): readonly Pass[] =>
  written.map(({ from, to, proto, port: ports }) => ({
    from: endOf(site, from) ?? from,
    to: endOf(site, to) ?? to,
    proto,
    ports: [...new Set([ports].flat())],
  }));
