/**
 * Faults that stop mail, as they are made on lab hosts, what has to be said about them, and whether the remedy that is
 * printed ends them.
 */
import { clockBy, until } from '../driver/clock.ts';

/** Shell text and the host it runs on; `line` is the way between the gateway and the world. */
export type Deed = readonly [host: 'namorar' | 'carinho' | 'mimando' | 'line', script: string];

export interface Fault {
  readonly about: string;
  readonly make: readonly Deed[];
  /** What the remedy says where it is no command to type, done by hand; also what only the test has to put back. */
  readonly repair?: readonly Deed[];
  /** The whole of the remedy, where `repair` is what it says. */
  readonly remedy?: RegExp;
  /** Host that it is told under, and the whole sentence. */
  readonly host: string;
  readonly what: string;
  readonly evidence: RegExp;
  /** Of status; 2 unless a host cannot be reached. */
  readonly exit?: number;
}

const RELAY = '2001:db8:c1da::2';
const GATEWAY = '2001:db8:c1da::1';
const OTHER_KEY = 'WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';

/** Another key for the far end, with all else as it was. */
const wrongKey = (far: string, endpoint: string): string => `
old=$(ifconfig wg0 | sed -n 's/.*wgpeer //p')
print -r -- "$old" >/root/peer
ifconfig wg0 -wgpeer "$old" wgpeer ${OTHER_KEY} ${endpoint} wgaip ${far}/128 wgpka 15`;

/** A relay that has not heard the gateway yet: its own keepalives would keep the way open. */
const forgetGateway = `peer=$(ifconfig wg0 | sed -n 's/.*wgpeer //p'); ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgaip ${GATEWAY}/128 wgpka 15`;

/** The rules of mailtun's anchor without some of them, and all again. */
const without = (words: string): string =>
  `pfctl -a mailtun -sr | grep -v '${words}' | pfctl -a mailtun -f -; pfctl -k ${RELAY}; pfctl -k ${GATEWAY}; exit 0`;
const allRules = 'pfctl -f /etc/pf.conf';

/** A rule before all others of pf.conf. */
const first = (rule: string): string =>
  `cp -p /etc/pf.conf /root/pf.conf; { echo '${rule}'; cat /root/pf.conf; } >/etc/pf.conf`;

const keep = (name: string): string => `mkdir -p /root/kept; cp -p /etc/ssl/private/${name}.* /root/kept/`;
const certificate = (name: string, options: string): string => `${keep(name)}; cd /etc/ssl/private
/.lab/usr/bin/openssl req -x509 -new -key ${name}.key -sha256 -subj /CN=${name} ${options} -out ${name}.ssc 2>/dev/null`;
const another = (
  name: string,
): string => `${keep(name)}; cd /etc/ssl/private; openssl ecparam -name secp384r1 -genkey -noout -out ${name}.key
openssl req -x509 -new -key ${name}.key -sha256 -days 90 -subj /CN=${name} -addext subjectAltName=DNS:${name} -out ${name}.ssc`;
const expired = (name: string): string =>
  certificate(name, `-addext subjectAltName=DNS:${name} -not_before 20250101000000Z -not_after 20250201000000Z`);
const restart = 'rcctl restart smtpd';

const edited = (path: string, words: string): string =>
  `cp -p ${path} /root/edited; sed ${words} /root/edited >${path}`;

/** What stops mail between hosts whose tunnel is well. */
export const MAIL_FAULTS: readonly Fault[] = [
  {
    about: 'the relay is unreachable',
    make: [['namorar', 'rcctl stop sshd']],
    repair: [['namorar', 'rcctl check sshd || rcctl start sshd']],
    remedy: /^no sshd listens there: check the port, and on the host: rcctl check sshd$/,
    host: 'namorar',
    what: 'namorar cannot be reached',
    evidence: /the last handshake|its last handshake with carinho/,
    exit: 1,
  },
  {
    about: 'smtpd is stopped on the workstation',
    make: [['mimando', 'rcctl stop smtpd']],
    host: 'mimando',
    what: 'smtpd is not running on mimando',
    evidence: /smtpd\(failed\)/,
  },
  {
    about: 'the relay does not trust the certificate of the gateway',
    make: [['carinho', `${another('vpn0.example.com')}; ${restart}`]],
    host: 'namorar',
    what: 'namorar does not trust the certificate of vpn0.example.com',
    evidence: /certificate signature failure \(7\)/,
  },
  {
    about: 'the certificate of the gateway has expired',
    make: [['carinho', `${expired('vpn0.example.com')}; ${restart}`]],
    host: 'carinho',
    what: 'the certificate of vpn0.example.com on carinho has expired',
    evidence: /it expired 2025-02-01/,
  },
  {
    about: 'the certificate of the gateway has another name, and is trusted all the same',
    make: [
      [
        'carinho',
        `${certificate('vpn0.example.com', '-addext subjectAltName=DNS:other.example.com -days 90')}; ${restart}`,
      ],
      [
        'namorar',
        `cp -p /etc/ssl/vpnca.pem /root/edited
${until(`openssl s_client -starttls smtp -connect ${GATEWAY}:25 </dev/null 2>/dev/null | sed -n '/BEGIN/,/END/p' >/etc/ssl/vpnca.pem; openssl x509 -noout -text -in /etc/ssl/vpnca.pem 2>/dev/null | grep -q other.example.com`)}`,
      ],
    ],
    host: 'carinho',
    what: 'the certificate of carinho is not valid for vpn0.example.com',
    evidence: /is not valid for vpn0\.example\.com/,
  },
  {
    about: "the gateway does not trust the relay's client certificate",
    make: [['namorar', `${another('vpn1.example.com')}; ${restart}`]],
    host: 'carinho',
    what: 'carinho does not trust the certificate of vpn1.example.com',
    evidence: /alert|carinho says/,
  },
  {
    about: 'the gateway does not trust the certificate of the workstation',
    make: [['mimando', `${another('mimando.lan')}; ${restart}`]],
    host: 'carinho',
    what: 'carinho does not trust the certificate of mimando.lan',
    evidence: /certificate signature failure \(7\)/,
  },
  {
    about: "the gateway's certificate for the LAN has expired",
    make: [['carinho', `${expired('carinho.lan')}; ${restart}`]],
    host: 'carinho',
    what: 'the certificate of carinho.lan on carinho has expired',
    evidence: /expired/,
  },
  {
    about: 'the gateway does not trust the certificate of the relay',
    make: [['namorar', `${another('smtp.example.com')}; ${restart}`]],
    host: 'carinho',
    what: 'carinho does not trust the certificate of smtp.example.com',
    evidence: /certificate signature failure \(7\)/,
  },
  {
    about: 'the relay refuses the password',
    make: [['carinho', edited('/etc/mail/secrets', "'s/mailuser:.*/mailuser:another/'")]],
    host: 'carinho',
    what: 'namorar refuses the password of carinho',
    evidence: /535/,
  },
  {
    about: 'the relay does not know a recipient',
    make: [['namorar', `${edited('/etc/mail/smtpd.conf', '\'s/"test@example.com", *//\'')}; ${restart}`]],
    host: 'namorar',
    what: 'namorar does not know a recipient',
    evidence: /rcpt to:<test@example\.com>: 550/,
  },
  {
    about: 'the workstation does not know a recipient',
    make: [['mimando', `${edited('/etc/mail/recipients', '/^test/d')}; smtpctl update table recipients`]],
    host: 'mimando',
    what: 'mimando does not know a recipient',
    evidence: /rcpt to:<test@example\.com>: 5/,
  },
  {
    about: 'the clock of the workstation is off',
    make: [['mimando', clockBy(3600)]],
    // The lab's workstation has no way to a time server.
    repair: [['mimando', clockBy(-3600)]],
    remedy: /^on mimando: rcctl enable ntpd; rdate -n pool\.ntp\.org && rcctl restart ntpd$/,
    host: 'mimando',
    what: 'the clock of mimando is off',
    evidence: /it is 60 min ahead/,
  },
];

/**
 * What stops the tunnel, or a host's way to it. In this order: a host that was booted less than a minute ago is not
 * blamed for silence.
 */
export const TUNNEL_FAULTS: readonly Fault[] = [
  {
    about: 'the gateway has a wrong key for the relay',
    make: [['carinho', wrongKey(RELAY, 'wgendpoint 192.0.2.25 6900')]],
    host: 'carinho',
    what: 'carinho has a wrong key for namorar',
    evidence: /it expects WITRnkVAx6i5Rc/,
  },
  {
    about: 'the relay has a wrong key for the gateway',
    make: [['namorar', wrongKey(GATEWAY, '')]],
    host: 'namorar',
    what: 'namorar has a wrong key for carinho',
    evidence: /it expects WITRnkVAx6i5Rc/,
  },
  {
    about: 'the relay has a wrong allowed-ip',
    make: [['namorar', `ifconfig wg0 wgpeer "$(ifconfig wg0 | sed -n 's/.*wgpeer //p')" wgaip 2001:db8:c1da::77/128`]],
    host: 'namorar',
    what: 'wrong allowed-ips for carinho on namorar',
    evidence: /it has 2001:db8:c1da::77\/128/,
  },
  {
    about: 'the gateway has a wrong allowed-ip',
    make: [['carinho', `ifconfig wg0 wgpeer "$(ifconfig wg0 | sed -n 's/.*wgpeer //p')" wgaip 2001:db8:c1da::77/128`]],
    host: 'carinho',
    what: 'wrong allowed-ips for namorar on carinho',
    evidence: /it has 2001:db8:c1da::77\/128; it should be 2001:db8:c1da::2\/128/,
  },
  {
    about: 'the gateway has no allowed-ip',
    make: [
      [
        'carinho',
        'peer=$(ifconfig wg0 | sed -n \'s/.*wgpeer //p\'); ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgendpoint 192.0.2.25 6900 wgpka 15',
      ],
    ],
    host: 'carinho',
    what: 'wrong allowed-ips for namorar on carinho',
    evidence: /it has none; it should be 2001:db8:c1da::2\/128/,
  },
  {
    about: 'the relay does not know the name of the gateway',
    make: [['namorar', edited('/etc/hosts', '/vpn0/d')]],
    host: 'namorar',
    what: 'vpn0.example.com does not resolve on namorar',
    evidence: /getent hosts vpn0\.example\.com: no answer/,
  },
  {
    about: 'on the gateway DNS wins over the hosts file',
    make: [['carinho', edited('/etc/resolv.conf', "'s/^lookup.*/lookup bind file/'")]],
    host: 'carinho',
    what: 'carinho asks DNS before /etc/hosts',
    evidence: /lookup bind file in \/etc\/resolv\.conf/,
  },
  {
    about: 'an address of the gateway is missing, so that smtpd died',
    make: [['carinho', `ifconfig wg0 inet6 ${GATEWAY} delete; ${restart}; sleep 0.5; exit 0`]],
    host: 'carinho',
    what: `${GATEWAY} is missing on carinho, so smtpd exited`,
    evidence: /bind: Can't assign requested address/,
  },
  {
    about: 'an address of the gateway was still tentative when smtpd started, so that it died',
    // It is tentative for a second; a start that takes longer than that is tried again.
    make: [
      [
        'carinho',
        `tries=5; while rcctl check smtpd && [ $tries -gt 0 ]; do rcctl stop smtpd
ifconfig wg0 inet6 ${GATEWAY} delete; ifconfig wg0 inet6 ${GATEWAY}/64; rcctl start smtpd; sleep 1.5; tries=$((tries - 1)); done; exit 0`,
      ],
    ],
    host: 'carinho',
    what: 'an address was missing or still tentative when smtpd started on carinho, so it exited',
    evidence: /bind: Can't assign requested address; ifconfig shows all its addresses now/,
  },
  {
    about: 'pf on the gateway blocks SMTP on wg0',
    make: [['carinho', without('in .*port = 25')]],
    host: 'carinho',
    what: 'port 25 is blocked between namorar and carinho',
    evidence: /connect: Connection refused/,
  },
  {
    about: 'pf on the gateway blocks ICMP on wg0',
    make: [['carinho', without('in .*icmp')]],
    host: 'carinho',
    what: 'ICMP is blocked on wg0 of carinho',
    evidence: /carinho does not answer namorar's pings; port 25 answers/,
  },
  {
    about: 'pf on the relay blocks SMTP on wg0',
    make: [['namorar', without('in .*port = 25')]],
    host: 'namorar',
    what: 'port 25 is blocked between carinho and namorar',
    evidence: /connect: Connection refused/,
  },
  {
    about: 'pf on the relay blocks ICMP on wg0',
    make: [['namorar', without('in .*icmp')]],
    host: 'namorar',
    what: 'ICMP is blocked on wg0 of namorar',
    evidence: /namorar does not answer carinho's pings; port 25 answers/,
  },
  {
    about: 'the way between them takes no large packets',
    make: [
      [
        'line',
        'add table ip fault; add chain ip fault forward { type filter hook forward priority -1; }; add rule ip fault forward udp dport 6900 meta length > 1300 drop; add rule ip fault forward udp sport 6900 meta length > 1300 drop',
      ],
    ],
    repair: [['line', 'delete table ip fault']],
    remedy: /^set tunnel\.mtu to 1280 in \S+, then: mailtun provision \S+; or find the filter/,
    host: 'carinho',
    what: 'the MTU of the tunnel is too large for the path between carinho and namorar',
    evidence: /packets of 1420 bytes from carinho are lost/,
  },
  {
    about: 'UDP 6900 is filtered on the way',
    make: [
      [
        'line',
        'add table ip fault; add chain ip fault forward { type filter hook forward priority -1; }; add rule ip fault forward udp dport 6900 drop; add rule ip fault forward udp sport 6900 drop',
      ],
    ],
    repair: [['line', 'delete table ip fault']],
    remedy: /^allow UDP 6900: pfctl -sr on both, the firewall of namorar's provider, the router in front of carinho$/,
    host: 'carinho',
    what: 'UDP 6900 is filtered between carinho and namorar',
    evidence: /tcpdump shows [1-9]\d* packets? out and none back/,
  },
  {
    about: 'UDP 6900 is refused by the relay',
    make: [
      [
        'namorar',
        `cp -p /etc/pf.conf /root/edited; { echo block return in quick on vio1 proto udp to port 6900; cat /root/edited; } >/etc/pf.conf; ${allRules}; ${forgetGateway}; pfctl -k 192.0.2.77; pfctl -k 192.0.2.25; exit 0`,
      ],
    ],
    repair: [['namorar', `${first('pass in quick inet proto udp from any to 192.0.2.25 port 6900')}; ${allRules}`]],
    remedy:
      /^on namorar: put "pass in quick inet proto udp from any to 192\.0\.2\.25 port 6900" before the rules of \/etc\/pf\.conf, of which "block return in quick on vio1 [^"]*" blocks it; pfctl -f \/etc\/pf\.conf$/,
    host: 'namorar',
    what: 'pf on namorar blocks inbound packets of the tunnel',
    evidence: /udp port 6900 unreachable/,
  },
  {
    about: "the user's own rule before the anchor blocks SMTP on wg0 of the gateway",
    make: [
      [
        'carinho',
        `cp -p /etc/pf.conf /root/edited; { echo 'block drop in quick on wg0 proto tcp'; cat /root/edited; } >/etc/pf.conf; ${allRules}; pfctl -k ${RELAY}; exit 0`,
      ],
    ],
    repair: [
      ['carinho', `${first(`pass in quick inet6 proto tcp from any to ${GATEWAY} port 25`)}; ${allRules}`],
      // Meanwhile a queue may have tried in vain.
      ['namorar', 'smtpctl resume route all; exit 0'],
    ],
    remedy:
      /^on carinho: put "pass in quick inet6 proto tcp from any to 2001:db8:c1da::1 port 25" before the rules of \/etc\/pf\.conf, of which "block drop in quick on wg0 [^"]*" blocks it; pfctl -f \/etc\/pf\.conf$/,
    host: 'carinho',
    what: 'port 25 is blocked between namorar and carinho',
    evidence: /did not answer|timed out/,
  },
  {
    about: 'the gateway has been silent since it was booted',
    // As after a boot that was too fast: nothing was sent, and nothing will be. Nor may the watch wake it.
    make: [
      [
        'carinho',
        'rcctl stop cron; pkill -f "[m]ailtun-watch"; ifconfig wg0 wgpeer "$(ifconfig wg0 | sed -n \'s/.*wgpeer //p\')" wgpka 0',
      ],
      [
        'namorar',
        'peer=$(ifconfig wg0 | sed -n \'s/.*wgpeer //p\'); ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgaip 2001:db8:c1da::1/128 wgpka 15',
      ],
      [
        'carinho',
        'peer=$(ifconfig wg0 | sed -n \'s/.*wgpeer //p\'); ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128',
      ],
    ],
    repair: [
      ['carinho', 'sh /etc/netstart wg0; rcctl start cron'],
      ['namorar', 'sh /etc/netstart wg0'],
    ],
    host: 'carinho',
    what: 'carinho has sent nothing through the tunnel since boot',
    evidence: /tx: 0, rx: 0 on wg0/,
  },
];
