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

  it('waits if the far end has no key', () => {
    const fleet = readInventory('example.yaml', example);
    const [relay] = fleet.hosts.filter(isTunnelHost);
    if (!relay) throw new Error('no relay');
    expect(() => desiredWg(relay, fleet, world({ namorar: keys.namorar }))).toThrow('carinho has not made its');
  });
});
