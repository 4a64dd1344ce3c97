/** A real ACME server, Debian's pebble, on the lab's internet; and the two programs of the relay that speak with it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Lab } from './on-host.ts';

const CACHE = '/var/cache/mailtun-lab/pebble';
const PROGRAM = `${CACHE}/usr/bin/pebble`;

/** Its directory, as an inventory names it. */
export const DIRECTORY = 'https://192.0.2.254:14000/dir';

/** Unpacked, never installed. @throws where no package can be had. */
export async function fetchPebble(): Promise<void> {
  if (existsSync(PROGRAM)) return;
  const shell =
    'mkdir -p "$0" && cd "$0" && { apt-get -qq download pebble || { apt-get -qq update && apt-get -qq download pebble; }; } && dpkg-deb -x pebble_*.deb . && rm -f pebble_*.deb';
  await execa('sh', ['-c', shell, CACHE]);
}

/** Starts it; its own certificate is one that the lab's hosts trust, those it issues are not. */
export async function startPebble({ must }: Lab): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'));
  try {
    const shell = `cd "$0"; echo subjectAltName=IP:192.0.2.254 >ext
openssl req -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=acme -out csr
openssl x509 -req -in csr -CA "$1/public_ca.crt" -CAkey "$1/public_ca.key" -set_serial 99 -days 5 -extfile ext -out cert.pem`;
    await execa('sh', ['-ec', shell, folder, new URL('../machine/keys', import.meta.url).pathname]);
    const put = (path: string, text: string) =>
      must('internet', `mkdir -p /var/pebble; cat >/var/pebble/${path}`, text);
    for (const name of ['cert.pem', 'key.pem']) await put(name, readFileSync(join(folder, name), 'utf8'));
    await put('conf.json', JSON.stringify({ pebble: CONFIGURATION }));
    const program = readFileSync(PROGRAM).toString('base64');
    await must('internet', 'base64 -d >/var/pebble/pebble; chmod 755 /var/pebble/pebble', program);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const serve = 'PEBBLE_VA_NOSLEEP=1 nohup ./pebble -config conf.json -dnsserver 192.0.2.254:53 >log 2>&1 </dev/null &';
  await must('internet', `cd /var/pebble; ${serve}\nuntil grep -qs 'show 3 orders' log; do sleep 0.2; done`);
}

const CONFIGURATION = {
  listenAddress: '192.0.2.254:14000',
  managementListenAddress: '192.0.2.254:15000',
  certificate: 'cert.pem',
  privateKey: 'key.pem',
  httpPort: 80,
  tlsPort: 443,
};

/** The root of what it issues, PEM: a new one at each start. */
export const pebbleRoot = ({ must }: Lab): Promise<string> =>
  must(
    'internet',
    `perl -MIO::Socket::SSL -e '$s = IO::Socket::SSL->new(PeerAddr => "192.0.2.254:15000", SSL_verify_mode => 0) or die;
      print $s "GET /roots/0 HTTP/1.0\\r\\n\\r\\n"; local $/; $_ = <$s>; s/.*?\\r\\n\\r\\n//s; print'`,
  );

/** Gives the relay an acme-client(1) and an httpd(8). */
export async function layAcmeClient({ must }: Lab): Promise<void> {
  for (const name of ['acme-client', 'httpd']) {
    const text = readFileSync(new URL(`../machine/acme/${name}`, import.meta.url), 'utf8');
    await must('namorar', `cat >/usr/sbin/${name}; chmod 755 /usr/sbin/${name}`, text);
  }
}
