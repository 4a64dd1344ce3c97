import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateKey } from '../../src/resources/certificate.ts';
import { LAN_CA, trust } from '../../src/tasks/trust.ts';
import { observing, plainFile, world } from '../answers.ts';
import { computing } from '../computing.ts';
import { acme, article, fleetOf, hostOf, singleMachine, tlsOff } from './fleets.ts';

// One key for all: each has a name of its own.
const MANY = `
set -e
umask 077
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
openssl ecparam -name prime256v1 -genkey -noout -out "$dir/key"
for name; do openssl req -x509 -new -key "$dir/key" -days 30 -subj "/CN=$name.lan" -addext "subjectAltName=DNS:$name.lan"; done
`;

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

describe('what a gateway knows of its workstations from its file', () => {
  const COUNT = 60;
  const names = Array.from({ length: COUNT }, (_, index) => `desk${index}`);
  const station = (name: string, index: number) =>
    `  ${name}: { role: workstation, ssh: ${name}, lan: { name: ${name}.lan, address: 2001:db8:6969::${(index + 256).toString(16)} } }\n`;
  const fleet = fleetOf(
    article.replace(/jay@mimando|\bjay\b/g, 'jay@desk0').replace(/^ {2}mimando:[\s\S]*/m, '') +
      names.map(station).join(''),
  );
  const lan = trust.resources(hostOf(fleet, 'carinho'), fleet).find(({ id }) => id === LAN_CA);
  const text = execFileSync('sh', ['-c', MANY, 'sh', ...names], { encoding: 'utf8' });
  const observed = observing([plainFile(LAN_CA, text)]);

  it('is the certificate of each, found by its name', () => {
    const known = lan?.recall?.(observed) ?? new Map();
    expect([...known.keys()]).toEqual(names);
    const of = new X509Certificate(known.get('desk7')?.[certificateKey('desk7.lan')] ?? '');
    expect(of.subjectAltName).toBe('DNS:desk7.lan');
  });
  it('takes work that is proportional to their number: each certificate is parsed once', () => {
    const pems = text.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
    const once = () =>
      pems.forEach(pem => void new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }));
    once();
    const [parsing, recalling] = [computing(once), computing(() => lan?.recall?.(observed))];
    expect(recalling).toBeLessThan(8 * parsing);
  });
});
