/** Edits of where hosts are: addresses in the LAN, the other family, and under which names and addresses a relay is known. */
import { changed, type Draft, type DraftHost, type Edit, inRole, isIpv6, type Machine } from './edits.ts';
import { nameOf } from './edits-fitting.ts';

const LAN: Readonly<Record<Machine, readonly string[]>> = {
  carinho: ['2001:db8:6969::1', '2001:db8:6969::11', '10.69.69.1', '10.69.69.11'],
  mimando: ['2001:db8:6969::2', '2001:db8:6969::12', '10.69.69.2', '10.69.69.12'],
  saudade: ['2001:db8:6969::3', '2001:db8:6969::13', '10.69.69.3', '10.69.69.13'],
};

const placed = (draft: Draft, name: string, address: string | undefined): Draft => {
  const lan = draft.hosts[name]?.lan;
  return lan && address !== undefined ? changed(draft, name, { lan: { ...lan, address } }) : draft;
};

/** The other address of that family. */
const renumbered =
  (machine: Machine, isAtOnce: boolean): Edit =>
  draft => {
    const name = nameOf(draft, machine);
    const now = draft.hosts[name]?.lan?.address;
    if (now === undefined) return null;
    const to = LAN[machine].find(one => one !== now && isIpv6(one) === isIpv6(now)) ?? now;
    const next = placed(draft, name, to);
    return isAtOnce ? { ...next, lans: { ...draft.lans, [machine]: [to] } } : next;
  };

/** The admin removes from the interfaces what the inventory does not have any more. */
export function tidied(draft: Draft): Draft {
  const lans = Object.entries(draft.lans).map(([machine, has]) => {
    const address = draft.hosts[nameOf(draft, machine as Machine)]?.lan?.address;
    return [machine, address === undefined ? has : [address]];
  });
  return { ...draft, lans: Object.fromEntries(lans) };
}

/** All of them at once: one family reaches only itself. */
function lanFamily(draft: Draft): Draft {
  const isSix = isIpv6(draft.hosts[inRole(draft, 'gateway')]?.lan?.address ?? '');
  return (['carinho', 'mimando'] as const).reduce(
    (one, machine) => placed(one, nameOf(one, machine), LAN[machine][isSix ? 2 : 0]),
    draft,
  );
}

function tunnelFamily(draft: Draft): Draft {
  const [relay, gateway] = [inRole(draft, 'relay'), inRole(draft, 'gateway')];
  const isSix = isIpv6(draft.hosts[relay]?.tunnel?.address ?? '');
  const of = (name: string, six: string, four: string): Partial<DraftHost> => {
    const tunnel = draft.hosts[name]?.tunnel;
    return tunnel ? { tunnel: { ...tunnel, address: isSix ? four : six } } : {};
  };
  const next = changed(draft, relay, of(relay, '2001:db8:c1da::2', '10.6.9.2'));
  return changed(next, gateway, of(gateway, '2001:db8:c1da::1', '10.6.9.1'));
}

const MX = [
  { name: 'mx1.example.com', address: '2001:db8:1234:1234::6969' },
  { name: 'mx2.example.com', address: '192.0.2.25' },
] as const;
const SOURCES = ['2001:db8:1234:1234::b17e', '192.0.2.25'] as const;

/** The next of several states of a key of the relay. */
const next =
  (key: string, ...states: readonly unknown[]): Edit =>
  draft => {
    const relay = inRole(draft, 'relay');
    const texts = states.map(one => JSON.stringify(one));
    const at = texts.indexOf(JSON.stringify(draft.hosts[relay]?.[key]));
    return changed(draft, relay, { [key]: states[(at + 1) % states.length] });
  };

export const PLACES: Readonly<Record<string, Edit>> = {
  'address in the LAN: gateway': renumbered('carinho', false),
  'address in the LAN: workstation': renumbered('mimando', false),
  'address in the LAN: spare': renumbered('saudade', false),
  'address in the LAN at once: gateway': renumbered('carinho', true),
  'address in the LAN at once: workstation': renumbered('mimando', true),
  'former addresses go': tidied,
  'family in the LAN': lanFamily,
  'family in the tunnel': tunnelFamily,
  'mx: order': next('mx', [...MX], MX.toReversed()),
  'mx: one': next('mx', [...MX], [MX[0]], [...MX], [MX[1]]),
  'mx: name': next('mx', [...MX], [MX[0], { ...MX[1], name: 'mx4.example.com' }]),
  'outbound: name': next(
    'outbound',
    { name: 'smtp.example.com', addresses: [...SOURCES] },
    { name: 'out.example.com', addresses: [...SOURCES] },
  ),
  'outbound: addresses': next(
    'outbound',
    { name: 'smtp.example.com', addresses: [...SOURCES] },
    { name: 'smtp.example.com', addresses: [SOURCES[1]] },
  ),
  endpoint: next('endpoint', '192.0.2.25', 'namorar.example.com'),
};
