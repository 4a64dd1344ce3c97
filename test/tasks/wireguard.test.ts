import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readInventory } from '../../src/hosts/inventory.ts';
import { WG_PUBLIC_KEY } from '../../src/resources/wg-key.ts';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { desiredWg, hostnameIf } from '../../src/tasks/wireguard.ts';
import { world } from '../answers.ts';

const path = new URL('../../inventory/example.yaml', import.meta.url);
const example = readFileSync(path, 'utf8');
const keys = {
  namorar: { [WG_PUBLIC_KEY]: 'A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk=' },
  carinho: { [WG_PUBLIC_KEY]: 'C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=' },
};

function hostnameOf(name: string, text = example): string {
  const fleet = readInventory('example.yaml', text);
  const host = fleet.hosts.find(candidate => candidate.name === name);
  if (!host || !isTunnelHost(host)) throw new Error(`${name} has no tunnel`);
  return hostnameIf(desiredWg(host, fleet, world(keys)));
}

describe('hostname.wg0', () => {
  it('of the gateway has the relay and its endpoint', () => {
    expect(hostnameOf('carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      wgport 6900
      !/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"
      wgpeer A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk= wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15
      inet6 2001:db8:c1da::1 64
      "
    `);
  });

  it('of the relay has no endpoint for the gateway', () => {
    expect(hostnameOf('namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      wgport 6900
      !/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"
      wgpeer C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM= wgaip 2001:db8:c1da::1/128 wgpka 15
      inet6 2001:db8:c1da::2 64
      "
    `);
  });

  it('reads a preshared key from its file, also in netstart', () => {
    const text = example.replace(/preshared_key: false/, 'preshared_key: true');
    expect(hostnameOf('carinho', text)).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      wgport 6900
      !/sbin/ifconfig $if wgkey "$(cat /root/KEY_PRIVATE)"
      wgpeer A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk= wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15
      !/sbin/ifconfig $if wgpeer A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk= wgpsk "$(cat /root/KEY_PRESHARED.namorar)"
      inet6 2001:db8:c1da::1 64
      "
    `);
  });

  it('has no route to a network of another family than the tunnel has: while a change of that is held back', () => {
    const pass = 'packet_filter: { pass: [{ from: namorar, to: mimando, proto: tcp, port: 80 }] }';
    const text = example.replace('# packet_filter: { mx: false }', pass);
    const four = text.replaceAll('2001:db8:c1da::', '10.6.9.').replaceAll('2001:db8:6969::', '10.69.69.');
    const [held, wanted] = [readInventory('example.yaml', text), readInventory('example.yaml', four)];
    const hosts = wanted.hosts.map(host => {
      const now = held.hosts.find(({ name }) => name === host.name);
      return isTunnelHost(host) && now && isTunnelHost(now) ? { ...host, tunnel: now.tunnel } : host;
    });
    const linesOf = (fleet: typeof wanted): readonly string[] => {
      const relay = fleet.hosts.find(host => host.name === 'namorar');
      if (!relay || !isTunnelHost(relay)) throw new Error('namorar has no tunnel');
      return hostnameIf(desiredWg(relay, fleet, world(keys)))
        .split('\n')
        .filter(line => /wgaip|route/.test(line));
    };
    expect(linesOf(wanted)).toEqual([
      expect.stringContaining('wgaip 10.6.9.1/32 wgaip 10.69.69.2/32'),
      '!route -qn add -inet 10.69.69.2/32 10.6.9.1',
    ]);
    expect(linesOf({ ...wanted, hosts })).toEqual([expect.stringContaining('wgaip 2001:db8:c1da::1/128 wgpka')]);
  });

  it('waits if the far end has no key', () => {
    const fleet = readInventory('example.yaml', example);
    const [relay] = fleet.hosts.filter(isTunnelHost);
    if (!relay) throw new Error('no relay');
    expect(() => desiredWg(relay, fleet, world({ namorar: keys.namorar }))).toThrow('carinho has not made its');
  });
});
