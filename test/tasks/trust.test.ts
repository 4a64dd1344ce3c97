import { describe, expect, it } from 'vitest';
import { trust } from '../../src/tasks/trust.ts';
import { world } from '../answers.ts';
import { acme, article, fleetOf, hostOf, singleMachine, tlsOff } from './fleets.ts';

const published = {
  namorar: {
    'certificate of vpn1.example.com': 'VPN1\n',
    'certificate of smtp.example.com': 'SMTP\n',
    'certificate shown for smtp.example.com': 'self-signed',
  },
  carinho: { 'certificate of vpn0.example.com': 'VPN0\n', 'certificate of carinho.lan': 'CARINHO\n' },
  mimando: { 'certificate of mimando.lan': 'MIMANDO\n' },
};

/** What each of the host's bundles holds, without comments. */
function bundles(text: string, name: string, known = published): Readonly<Record<string, string>> {
  const fleet = fleetOf(text);
  const host = hostOf(fleet, name);
  const files = trust.resources(host, fleet).flatMap(resource => resource.wants?.(world(known)) ?? []);
  return Object.fromEntries(files.map(file => [file.path, file.content.replaceAll(/^#.*\n|\n/gm, ' ').trim()]));
}

describe('trust', () => {
  it('is only in the neighbours', () => {
    expect(bundles(article, 'namorar')).toEqual({ '/etc/ssl/vpnca.pem': 'VPN0' });
    expect(bundles(article, 'carinho')).toEqual({
      '/etc/ssl/vpnca.pem': expect.stringMatching(/^VPN1\s+SMTP$/),
      '/etc/ssl/lanca.pem': 'MIMANDO',
    });
    expect(bundles(article, 'mimando')).toEqual({ '/etc/ssl/lanca.pem': 'CARINHO' });
  });
  it('needs no LAN if there is none', () => {
    expect(Object.keys(bundles(singleMachine, 'carinho'))).toEqual(['/etc/ssl/vpnca.pem']);
  });
  it('is in the self-signed outbound name until an authority has issued its certificate', () => {
    expect(bundles(acme, 'carinho')['/etc/ssl/vpnca.pem']).toContain('SMTP');
    const vouched = { ...published.namorar, 'certificate shown for smtp.example.com': 'vouched' };
    expect(bundles(acme, 'carinho', { ...published, namorar: vouched })['/etc/ssl/vpnca.pem']).toBe('VPN1');
  });
  it('is in no host without TLS', () => {
    expect(bundles(tlsOff, 'carinho')).toEqual({});
  });
});
