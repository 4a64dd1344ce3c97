/** What mailtun does on the lab's hosts, as a list that other tools can be given. */
import { readFileSync } from 'node:fs';
import { renderedFiles } from '../../src/commands/render.ts';
import type { Host } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';

export interface Work {
  /** Made once: `script` runs where `creates` is missing. */
  readonly makes: readonly { readonly creates: string; readonly script: string }[];
  /** Public parts that files of other hosts hold. */
  readonly publishes: readonly { readonly key: string; readonly script: string }[];
  readonly files: readonly WholeFile[];
  readonly blocks: readonly { readonly path: string; readonly block: string }[];
  readonly lines: readonly { readonly path: string; readonly line: string }[];
  /** Looked at besides: that addresses, the tunnel, the packet filter are as they should be. */
  readonly checks: readonly string[];
  /** Brings into force what the files say; on a bare host only. */
  readonly apply: readonly string[];
}

export interface WholeFile {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Another host's public part stands as `(KEY of HOST)`. */
  readonly content: string;
}

const key = (name: string): string => `/etc/ssl/private/${name}.key`;
const certificate = (name: string): string => `/etc/ssl/private/${name}.ssc`;

const makeCertificate = (name: string) => ({
  creates: certificate(name),
  script:
    `umask 077; openssl ecparam -name secp384r1 -genkey -noout -out ${key(name)} && openssl req -x509 -new -key ${key(name)} ` +
    `-sha256 -days 3650 -subj /CN=${name} -addext subjectAltName=DNS:${name} -out ${certificate(name)}`,
});

const WG_KEY = {
  creates: '/root/KEY_PRIVATE',
  script:
    'umask 077; openssl rand -base64 32 >/root/KEY_PRIVATE; ifconfig wg0 wgkey "$(cat /root/KEY_PRIVATE)"; ' +
    "ifconfig wg0 | sed -n 's/.*wgpubkey //p' >/root/KEY_PUBLIC",
};

const HASH = '/var/db/mailtun/hash.mailuser';
const PASSWORD = {
  creates: HASH,
  script:
    'umask 027; p=$(openssl rand -hex 24); echo "mailuser mailuser:$p" >/etc/mail/secrets; chgrp _smtpd /etc/mail/secrets; ' +
    `mkdir -p /var/db/mailtun; echo "$p" | smtpctl encrypt >${HASH}`,
};

function namesOf(host: Host): readonly string[] {
  if (host.role === 'relay')
    return [...new Set([host.tunnel.name, host.outbound.name, ...host.mx.map(({ name }) => name)])];
  return [...(host.role === 'gateway' ? [host.tunnel.name] : []), ...(host.lan ? [host.lan.name] : [])];
}

const read = (name: string) => ({ key: `certificate of ${name}`, script: `cat ${certificate(name)}` });

/** Per host of the inventory at `path`. */
export function workOf(path: string): Readonly<Record<string, Work>> {
  const fleet = readInventory(path, readFileSync(path, 'utf8'));
  const rendered = renderedFiles(fleet);
  return Object.fromEntries(
    fleet.hosts.map(host => {
      const wanted = rendered.get(host.name) ?? [];
      const isBlock = ({ content }: WholeFile): boolean => /^# mailtun: begin$/m.test(content);
      const isTab = ({ path }: WholeFile): boolean => path.startsWith('/var/cron/');
      const inTunnel = host.role !== 'workstation';
      const names = namesOf(host);
      return [
        host.name,
        {
          makes: [
            ...(inTunnel ? [WG_KEY] : []),
            ...names.map(makeCertificate),
            ...(host.role === 'gateway' ? [PASSWORD] : []),
          ],
          publishes: [
            ...(inTunnel ? [{ key: 'WireGuard public key', script: 'cat /root/KEY_PUBLIC' }] : []),
            ...names.map(read),
            ...(host.role === 'gateway' ? [{ key: 'password hash', script: `cat ${HASH}` }] : []),
          ],
          files: wanted.filter(file => !isBlock(file) && !isTab(file) && file.path !== '/etc/pf.conf'),
          blocks: wanted
            .filter(file => isBlock(file) && !isTab(file))
            .map(({ path, content }) => ({ path, block: content.split('\n').slice(1, -2).join('\n') })),
          lines: [
            ...wanted
              .filter(file => file.path === '/etc/pf.conf')
              .flatMap(({ path, content }) =>
                content
                  .trim()
                  .split('\n')
                  .map(line => ({ path, line })),
              ),
            { path: '/etc/resolv.conf', line: 'lookup file bind' },
          ],
          checks: [
            'uname -sr',
            'ifconfig -A',
            ...(inTunnel ? ['pfctl -a mailtun -sr'] : []),
            'crontab -l',
            ...names.map(name => `openssl pkey -in ${key(name)} -pubout`),
            'rcctl get smtpd status',
            'rcctl check smtpd',
          ],
          apply: [...(inTunnel ? ['sh /etc/netstart wg0; pfctl -f /etc/pf.conf'] : []), 'sleep 1; rcctl restart smtpd'],
        },
      ];
    }),
  );
}
