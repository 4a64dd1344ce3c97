import { until } from '../driver/clock.ts';
import type { Lab } from '../driver/on-host.ts';

type Step = (lab: Lab) => Promise<unknown>;

/** What the person at the machine had done before a recording that its command does not show, and undid after it. */
export interface Preparation {
  readonly before?: Step;
  readonly after?: Step;
  /** What the replay waits for where the recording sleeps. */
  readonly sleep?: string;
  /** The lines of the output come in no particular order. */
  readonly unordered?: true;
  /** Lines that come or do not come by chance. */
  readonly without?: RegExp;
}

const on =
  (host: string, script: string): Step =>
  ({ must }) =>
    must(host, script);
const each =
  (...steps: readonly Step[]): Step =>
  async lab => {
    for (const step of steps) await step(lab);
  };

const unknownKey = 'WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';
const peer = `K=$(ifconfig wg0 | sed -n 's/.*wgpeer //p')`;
const pfConf = '/etc/pf.conf';
const pfOff = `pfctl -qf ${pfConf}`;
/** The tunnel as netstart makes it, with nothing that was learnt, and a first handshake made. */
const tunnelAnew = each(
  on('namorar', `ifconfig wg0 -wgpeerall; ${pfOff}; sh /etc/netstart wg0`),
  on(
    'carinho',
    `ifconfig wg0 -wgpeerall; ${pfOff}; sh /etc/netstart wg0; ping6 -n -c 1 -w 5 2001:db8:c1da::2 >/dev/null`,
  ),
);
const silence = on('carinho', 'ifconfig wg0 -wgpeerall');
const relayForgets = on('namorar', 'ifconfig wg0 -wgpeerall; sh /etc/netstart wg0');
/** The gateway speaks into the void: a peer anew, then what it is told to do. */
const gatewayAnew = on('carinho', 'ifconfig wg0 -wgpeerall; sh /etc/netstart wg0; sleep 0.2');
const rules = (host: string, line: string): Step => on(host, `{ cat ${pfConf}; print '${line}'; } | pfctl -qf -`);
/** What the relay answered before is forgotten as well: a state lets packets in whatever the rules say. */
const forbids = (how: string): Step =>
  each(rules('namorar', `block ${how} in quick on vio1 proto udp to port 6900`), on('namorar', 'pfctl -q -F states'));
const drops = forbids('drop');
const refuses = forbids('return');
const anchor = `vm = "2001:db8:c1da::2"
home = "2001:db8:c1da::1"
pass in quick on wg0 inet6 proto icmp6 from $home to $vm icmp6-type echoreq
pass out quick on wg0 inet6 proto icmp6 from $vm to $home icmp6-type echoreq
pass in quick on wg0 inet6 proto tcp from $home to $vm port 25
pass out quick on wg0 inet6 proto tcp from $vm to $home port 25
block return quick on wg0
`;
const anchorInPfConf = `sed -e '/^set skip on lo/a\\
\\
anchor "mailtun"\\
load anchor "mailtun" from "/etc/pf.mailtun.conf"
' /etc/pf.conf.stock >${pfConf}; pfctl -qf ${pfConf}`;

/** When smtpd dies, its processes run a race for who says what. */
const lastWords = /bind: Can't assign|info: OpenSMTPD .* starting|socket closed|exiting: |imsg_read: /;

/** What the owner of the recorded machines had switched off, and what rcctl leaves of the file without it. */
const OFF = 'dhcpleased ntpd resolvd slaacd sndiod';
const switchedOff = (host: string): Preparation => ({
  before: on(host, `rcctl stop ${OFF}; rcctl disable ${OFF} check_quotas library_aslr`),
  after: on(host, `rcctl enable ${OFF} check_quotas library_aslr; rcctl start ${OFF}`),
});

export const preparations: Record<string, Preparation> = {
  'doas not configured': {
    before: on('namorar', 'mv /etc/doas.conf /root/'),
    after: on('namorar', 'mv /root/doas.conf /etc/'),
  },
  'address added to a running interface is tentative at first': {
    before: on('namorar', ': >/dev/.lab/dad-held'),
    sleep: `rm /dev/.lab/dad-held; ${until('[ "$(sysctl -n net.inet6.ip6.dad_pending)" = 0 ]')}`,
  },
  'ping6 with no answer': {
    before: on('carinho', 'ifconfig vio1 inet6 2001:db8:dd::77; sleep 1.2'),
    after: on('carinho', 'ifconfig vio1 inet6 2001:db8:dd::77 delete'),
  },
  'listening sockets': { unordered: true },
  'rcctl enable, disable': switchedOff('namorar'),
  'rcctl ls': switchedOff('namorar'),
  'maillog lines': { unordered: true, without: lastWords },
  'rcctl restart says ok although smtpd dies at once: a listen address is missing': { without: lastWords },
  'netstart -n prints the commands of hostname.wg0': {
    before: on('carinho', 'cp -p /root/KEY_PRIVATE /root/KEY_PRIVATE.next'),
  },
  'healthy: tunnel seen from the gateway': { before: tunnelAnew },
  'fault: the gateway has a wrong key for the relay': {
    before: on(
      'carinho',
      `${peer}; ifconfig wg0 -wgpeer $K wgpeer ${unknownKey} wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15`,
    ),
    after: tunnelAnew,
  },
  'fault: the relay has a wrong key for the gateway, seen from the gateway': {
    before: each(
      on('namorar', `${peer}; ifconfig wg0 -wgpeer $K wgpeer ${unknownKey} wgaip 2001:db8:c1da::1/128 wgpka 15`),
      gatewayAnew,
    ),
  },
  'fault: the relay has a wrong key for the gateway, seen from the relay': { after: tunnelAnew },
  'fault: wrong allowed ip on the relay, seen from the gateway': {
    before: on('namorar', `${peer}; ifconfig wg0 wgpeer $K wgaip 2001:db8:c1da::77/128`),
  },
  'fault: wrong allowed ip on the relay, seen from the relay': { after: tunnelAnew },
  'fault: icmp6 refused on wg0 of the gateway, seen from the relay': {
    before: rules('carinho', 'block return in quick on wg0 inet6 proto icmp6'),
    after: on('carinho', pfOff),
  },
  'fault: the gateway has not spoken yet': { before: each(silence, relayForgets), after: tunnelAnew },
  'fault: UDP 6900 dropped on the way, seen from the gateway': {
    before: each(silence, drops, relayForgets, gatewayAnew),
  },
  'fault: UDP 6900 dropped on the way: the wire': { before: gatewayAnew },
  'fault: UDP 6900 dropped on the way, seen from the relay': { after: tunnelAnew },
  'fault: UDP 6900 refused by the relay, seen from the gateway': {
    before: each(silence, refuses, relayForgets, gatewayAnew),
  },
  'fault: UDP 6900 refused by the relay: the wire': { before: gatewayAnew },
  'fault: UDP 6900 refused by the relay, seen from the relay': { after: tunnelAnew },
  'an expired certificate': {
    before: on(
      'carinho',
      `cd /etc/ssl/private; cp -p vpn0.example.com.ssc /root/
/.lab/usr/bin/openssl req -x509 -new -key vpn0.example.com.key -not_before 20261101000000Z -not_after 20261102000000Z \
  -subj /CN=vpn0.example.com -out vpn0.example.com.ssc`,
    ),
    after: on('carinho', 'mv /root/vpn0.example.com.ssc /etc/ssl/private/'),
  },
  'pf: an anchor of our own in pf.conf': {
    before: each(
      ({ must }) =>
        must('namorar', 'cp -p /etc/pf.conf /etc/pf.conf.stock; umask 077; cat >/etc/pf.mailtun.conf', anchor),
      on('namorar', anchorInPfConf),
    ),
  },
  'dead-man: a detached timer puts pf back': {
    before: on('namorar', `cat /etc/pf.conf.stock >${pfConf}; pfctl -F rules -a mailtun -q; ${pfOff}`),
  },
};

/** Recordings that the lab answers differently, by `about`, and why. */
const differs: Record<string, string> = {
  'base tools present': 'realpath is built into mksh, the lab’s /bin/sh',
  'kill -0 of a missing process': 'mksh puts E: before its errors',
  "shell: $'..' is not parsed": 'mksh parses it',
  'shell: <<< is not known': 'mksh knows it',
  'starttls probe of the relay through the tunnel': 'the stand-in prints the synopsis, not the list of options',
};

/** Recordings that now and then are answered as recorded and now and then not, and why. */
const races: Record<string, string> = {
  'smtp(1) as a probe of the relay listener':
    'with TLS 1.3 the refusal of a client without a certificate meets its next write or its next read, whichever is first',
};

/**
 * Why a recording is not replayed, null if it is. `tried`: it is, and the answer differs; else it shows nothing that a
 * stand-in does: smtpd in the lab is OpenSMTPD itself, and doctor's tests make those faults and read its log.
 */
export const notReplayed = ({ about, command, fault }: { about: string; command: string; fault: boolean }) => {
  if (differs[about] !== undefined) return { why: differs[about], tried: true };
  if (races[about] !== undefined) return { why: races[about], tried: false };
  return fault && /smtpctl|maillog/.test(command)
    ? { why: 'smtpd’s queue and log, in which no stand-in has a part', tried: false }
    : null;
};
