import { readFileSync } from 'node:fs';
import type { Lab } from '../driver/on-host.ts';

/** The machines of the recordings, as a person set them up after the article, with its mistakes repaired. */
const machines = {
  namorar: {
    names: ['mx1.example.com', 'mx2.example.com', 'vpn1.example.com', 'smtp.example.com'],
    tunnel: '2001:db8:c1da::2',
  },
  carinho: { names: ['carinho.lan', 'vpn0.example.com'], tunnel: '2001:db8:c1da::1' },
  mimando: { names: ['mimando.lan'], tunnel: null },
} as const;

const hosts = ['namorar', 'carinho', 'mimando'] as const;
const hostsFile = `
2001:db8:c1da::1 vpn0.example.com
2001:db8:c1da::2 vpn1.example.com
2001:db8:6969::1 carinho.lan
2001:db8:6969::2 mimando.lan
`;
/** carinho reaches the relay under its public name, through the tunnel. */
const overrides = { namorar: '', carinho: '2001:db8:c1da::2 smtp.example.com\n', mimando: '' };

const certificate = (name: string): string => `umask 077; cd /etc/ssl/private
openssl ecparam -name secp384r1 -genkey -noout -out ${name}.key
openssl req -x509 -new -key ${name}.key -sha256 -days 3650 -subj /CN=${name} -addext subjectAltName=DNS:${name} -out ${name}.ssc
cat ${name}.ssc`;

/** With the private key in it, as the article has it: the host's own shell writes it there. */
const hostnameWg0 = (own: string, peerKey: string, peer: string, endpoint: string): string => `wgport 6900 wgkey KEY
wgpeer ${peerKey} ${endpoint}wgaip ${peer}/128 wgpka 15
inet6 ${own} 64
`;

const tunnel = async ({ must }: Lab): Promise<void> => {
  const key = `umask 077; [ -s /root/KEY_PRIVATE ] || openssl rand -base64 32 >/root/KEY_PRIVATE
ifconfig wg0 wgkey "$(cat /root/KEY_PRIVATE)"; ifconfig wg0 | sed -n 's/.*wgpubkey //p'; ifconfig wg0 destroy`;
  const relayKey = (await must('namorar', key)).trim();
  const gatewayKey = (await must('carinho', key)).trim();
  const { namorar, carinho } = machines;
  const write = 'umask 027; sed "s|KEY|$(cat /root/KEY_PRIVATE)|" >/etc/hostname.wg0; sh /etc/netstart wg0';
  await must('namorar', write, hostnameWg0(namorar.tunnel, gatewayKey, carinho.tunnel, ''));
  await must('carinho', write, hostnameWg0(carinho.tunnel, relayKey, namorar.tunnel, 'wgendpoint 192.0.2.25 6900 '));
};

const certificates = async ({ must }: Lab): Promise<void> => {
  const made = new Map<string, string>();
  for (const host of hosts)
    for (const name of machines[host].names) made.set(name, await must(host, certificate(name)));
  const pem = (...names: string[]) => names.map(name => made.get(name)).join('');
  const vpn = pem('vpn0.example.com', 'vpn1.example.com', 'smtp.example.com');
  const lan = pem('carinho.lan', 'mimando.lan');
  await must('namorar', 'cat >/etc/ssl/vpnca.pem', vpn);
  await must('carinho', 'cat >/etc/ssl/vpnca.pem', vpn);
  await must('carinho', 'cat >/etc/ssl/lanca.pem', lan);
  await must('mimando', 'cat >/etc/ssl/lanca.pem', lan);
};

const mail = async ({ must }: Lab): Promise<void> => {
  const secrets =
    'umask 027; cat >/tmp/secrets; install -m 640 -o root -g _smtpd /tmp/secrets /etc/mail/secrets; rm /tmp/secrets';
  const hash = (await must('carinho', 'encrypt -b 9', 'the password\n')).trim();
  await must('namorar', secrets, `mailuser\t${hash}\n`);
  await must('carinho', secrets, 'mailuser\tmailuser:the password\n');
  await must('mimando', 'cat >/etc/mail/aliases_example', 'test: jay\npostmaster: jay\n');
  for (const host of hosts) {
    const conf = readFileSync(new URL(`../../recordings/reference/${host}.conf`, import.meta.url), 'utf8');
    await must(host, 'cat >/etc/mail/smtpd.conf; smtpd -n && rcctl restart smtpd', conf);
  }
};

/** Sets a fresh lab up as the machines of the recordings were. */
export const setUpByHand = async (lab: Lab): Promise<void> => {
  for (const host of hosts) await lab.must(host, 'cat >>/etc/hosts', hostsFile + overrides[host]);
  await tunnel(lab);
  await certificates(lab);
  await mail(lab);
  // A gateway that was up for less than five seconds is silent until something is sent.
  await lab.must('carinho', 'ping6 -n -c 1 -w 5 2001:db8:c1da::2 >/dev/null');
};
