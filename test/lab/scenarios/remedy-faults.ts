/** More faults, whose remedies are typed as doctor prints them. */
import { WATCH } from '../../accept/hosts.ts';
import { until } from '../driver/clock.ts';
import type { Deed, Fault } from './doctor-faults.ts';

const GATEWAY = '2001:db8:c1da::1';

/** A day as openssl(1) takes it. */
const day = (ahead: number): string =>
  `${new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}000000Z`;

/** A certificate of the relay for mx1, which nobody pins, from a day to a day. */
const certificate = (from: number, until: number, name = 'mx1.example.com'): string =>
  `cd /etc/ssl/private; /.lab/usr/bin/openssl req -x509 -new -key mx1.example.com.key -sha256 -subj /CN=${name} -addext subjectAltName=DNS:${name} -not_before ${day(from)} -not_after ${day(until)} -out mx1.example.com.ssc 2>/dev/null`;
const restart = 'rcctl restart smtpd';
const edited = (words: string): string => `sed -i ${words} /etc/mail/smtpd.conf; ${restart}`;
const PEER = `peer=$(ifconfig wg0 | sed -n 's/.*wgpeer //p')`;

const relay = (script: string): readonly Deed[] => [['namorar', script]];
const gateway = (script: string): readonly Deed[] => [['carinho', script]];

/** A line at the head of aliases(5) that smtpd does not take, such as one of sendmail's tradition: sendmail(8) is refused at once. */
const alias = (name: string, kind: string, about: string, line: string): Fault => ({
  about,
  make: [
    [
      'mimando',
      `{ print -r -- '${line}'; cat /etc/mail/aliases; } >/root/aliases; cat /root/aliases >/etc/mail/aliases; rcctl restart smtpd; sleep 1; print x | sendmail ${name} 2>&1 | grep -e '424 4.2.4' -e '550 Invalid'`,
    ],
  ],
  host: 'mimando',
  what: `smtpd on mimando refuses mail for ${name}: ${kind} in line 1 of /etc/mail/aliases`,
  evidence: /^\/etc\/mail\/aliases:1: /,
});

/** On the relay. */
const RELAY_FAULTS: readonly Fault[] = [
  {
    about: 'a certificate of the relay is gone',
    make: relay('rm /etc/ssl/private/mx1.example.com.ssc'),
    host: 'namorar',
    what: 'there is no certificate of mx1.example.com on namorar',
    evidence: /mx1\.example\.com\.ssc$/,
  },
  {
    about: 'a key of the relay is another one',
    make: relay('openssl ecparam -name secp384r1 -genkey -noout -out /etc/ssl/private/mx1.example.com.key'),
    host: 'namorar',
    what: 'the key of mx1.example.com does not match its certificate',
    evidence: /mx1\.example\.com\.ssc$/,
  },
  {
    about: 'a certificate of the relay is for another name',
    make: relay(`${certificate(-1, 90, 'other.example.com')}; ${restart}`),
    host: 'namorar',
    what: 'the certificate of mx1.example.com is not valid for that name',
    evidence: /mx1\.example\.com\.ssc$/,
  },
  {
    about: 'a certificate of the relay begins in a week',
    make: relay(`${certificate(7, 90)}; ${restart}`),
    host: 'namorar',
    what: 'the certificate of mx1.example.com is not valid yet',
    evidence: /from 20/,
  },
  {
    about: 'a certificate of the relay ends in five days',
    make: relay(`${certificate(-300, 6)}; ${restart}`),
    host: 'namorar',
    what: 'the certificate of mx1.example.com is about to expire',
    evidence: /mx1\.example\.com\.ssc: 20/,
  },
  {
    about: 'smtpd on the relay shows a certificate that is no longer on the disk',
    make: relay(`${certificate(-1, 90)}; touch -t 202001010000 mx1.example.com.ssc`),
    host: 'namorar',
    what: 'smtpd on namorar presents an older certificate of mx1.example.com',
    evidence: /it presents SHA256:/,
  },
  {
    about: 'the hosts file of the relay has a wrong address',
    make: relay(`sed -i 's/^${GATEWAY}/2001:db8:c1da::9/' /etc/hosts`),
    host: 'namorar',
    what: 'namorar resolves vpn0.example.com to a wrong address',
    evidence: /getent hosts/,
  },
  {
    about: 'smtpd on the relay does not listen on an mx address',
    make: relay(edited("'/^listen on 192.0.2.25/d'")),
    host: 'namorar',
    what: 'smtpd on namorar does not listen on 192.0.2.25',
    evidence: /netstat/,
  },
  {
    about: 'an mx address is on no interface of the relay',
    make: relay(`ifconfig vio1 inet6 2001:db8:1234:1234::6969 delete; ${restart}; sleep 0.5; exit 0`),
    repair: relay(
      'ifconfig vio1 inet6 2001:db8:1234:1234::6969/64; sleep 1.5; rcctl check smtpd || rcctl start smtpd; exit 0',
    ),
    remedy:
      /^on namorar add it to hostname\.if\(5\) of its interface and run sh \/etc\/netstart with that interface, or correct the inventory; then mailtun provision \S+ --host namorar$/,
    host: 'namorar',
    what: '2001:db8:1234:1234::6969 is missing on namorar, so smtpd exited',
    evidence: /bind: Can't assign requested address/,
  },
  {
    about: 'another daemon took port 25 of the relay before smtpd',
    make: relay(
      'rcctl stop smtpd; nohup nc -l -k 192.0.2.25 25 >/dev/null 2>&1 </dev/null & print -r -- $! >/root/taken; sleep 0.5; rcctl start smtpd; sleep 0.5; exit 0',
    ),
    repair: relay('kill $(cat /root/taken); rcctl check smtpd || rcctl start smtpd'),
    remedy: /^on namorar: fstat -n \| grep ":25\$"; rcctl stop and rcctl disable that daemon; rcctl start smtpd$/,
    host: 'namorar',
    what: 'another daemon has port 25 of namorar, so smtpd exited',
    evidence: /bind: Address already in use/,
  },
  {
    about: 'pf is disabled on the relay',
    make: relay('pfctl -d'),
    host: 'namorar',
    what: 'pf is disabled on namorar, so the tunnel is not filtered',
    evidence: /Disabled/,
  },
  {
    about: 'pf is not started at the next boot of the relay',
    make: relay('rcctl disable pf'),
    host: 'namorar',
    what: 'the next boot of namorar does not start pf, so the tunnel will not be filtered',
    evidence: /pf=NO/,
  },
  {
    about: 'cron is disabled on the gateway',
    make: gateway('rcctl stop cron; rcctl disable cron'),
    host: 'carinho',
    what: 'cron does not run on carinho, so nothing looks after the tunnel',
    evidence: /cron_flags=NO/,
  },
  {
    about: 'the relay has no peer',
    make: relay('ifconfig wg0 -wgpeerall'),
    host: 'namorar',
    what: 'namorar does not have carinho as a peer',
    evidence: /no wgpeer/,
  },
  {
    about: 'the tunnel of the relay is on another port',
    make: relay('ifconfig wg0 wgport 6901'),
    host: 'namorar',
    what: 'wg0 on namorar listens on a wrong port',
    evidence: /wgport 6901; it should be 6900/,
  },
  {
    about: 'the relay has a preshared key that the gateway has not',
    make: relay(`${PEER}; ifconfig wg0 wgpeer "$peer" wgpsk "$(openssl rand -base64 32)"`),
    host: 'carinho',
    what: 'carinho has no preshared key for namorar',
    evidence: /namorar has one for it/,
  },
];

/** On the gateway and the workstation. */
const HOME_FAULTS: readonly Fault[] = [
  {
    about: 'smtpd on the gateway is paused',
    make: gateway('smtpctl pause mta'),
    host: 'carinho',
    what: 'smtpd on carinho is paused',
    evidence: /MTA paused/,
  },
  {
    about: 'smtpd on the gateway takes mail without TLS',
    make: gateway(edited(`-E '/^listen on ${GATEWAY} /s/ tls-require.* hostname/ hostname/'`)),
    host: 'carinho',
    what: `carinho does not offer TLS to namorar on ${GATEWAY}`,
    evidence: /the TLS handshake did not complete/,
  },
  {
    about: 'the gateway has no wg0',
    make: gateway('ifconfig wg0 destroy'),
    host: 'carinho',
    what: 'wg0 is missing on carinho',
    evidence: /no such interface/,
  },
  {
    about: 'wg0 of the gateway is down',
    make: gateway('ifconfig wg0 down'),
    host: 'carinho',
    what: 'wg0 is down on carinho',
    evidence: /its flags do not contain UP/,
  },
  {
    // The watch would call the relay at its own port.
    about: 'the gateway sends to another port',
    make: [
      ['carinho', WATCH.ends],
      ['namorar', `${PEER}; ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgaip ${GATEWAY}/128`],
      ['carinho', `${PEER}; ifconfig wg0 wgpeer "$peer" wgendpoint 192.0.2.25 6901`],
    ],
    host: 'carinho',
    what: 'carinho sends to a wrong endpoint',
    evidence: /wgendpoint 192\.0\.2\.25 6901; it should be 192\.0\.2\.25 6900/,
    repair: [['carinho', WATCH.begins]],
  },
  {
    about: 'mail on the relay is held',
    make: [
      ['carinho', 'rcctl stop smtpd'],
      // What is being tried goes on in spite of the pause: for half a minute if the watch resumes its route.
      [
        'namorar',
        `print x | sendmail -f x@y.example test@example.com
         ${until("smtpctl show queue | grep -q '|pending|' && smtpctl pause envelope all; smtpctl show queue | grep -q 'suspend.*|pending|'")}`,
      ],
      // Time is the subject: a mail may wait for half a minute before it is called so, and a host needs 90 s for its boot.
      [
        'namorar',
        until(
          `now=$(date +%s); [ $((now - $(smtpctl show queue | awk -F'|' '{ print $8 }'))) -gt 30 ] && [ $((now - $(sysctl -n kern.boottime))) -gt 95 ]`,
        ),
      ],
      ['carinho', 'rcctl start smtpd'],
      // What a route is disabled for is another fault.
      [
        'namorar',
        `smtpctl show routes | sed -n 's/^\\([0-9]*\\)\\. .*/\\1/p' | while read r; do smtpctl resume route $r; done`,
      ],
    ],
    repair: relay(until('smtpctl schedule all; [ -z "$(smtpctl show queue)" ]')),
    host: 'namorar',
    what: 'mail is held on namorar',
    evidence: /smtpctl show queue: [0-9a-f]{16} \S*suspend/,
  },
  {
    about: 'mailer.conf of the workstation names another mailer',
    make: [['mimando', "print 'sendmail\\t/usr/local/bin/msmtp\\nmailq\\t/usr/sbin/smtpctl' >/etc/mailer.conf"]],
    host: 'mimando',
    what: 'programs on mimando send mail with /usr/local/bin/msmtp, not with smtpd',
    evidence: /mailer\.conf/,
  },
  alias('ops', 'comment', 'an alias of the workstation has a comment behind it', 'ops: jay # at night'),
  alias('desk', 'quotes', 'an alias of the workstation is in quotes', 'desk: "jay"'),
  alias('staff', 'blank before the colon', 'an alias of the workstation has a blank before its colon', 'staff : jay'),
  {
    ...alias('crew', 'kim', 'an alias of the workstation has a member who is gone', 'crew: jay, kim'),
    what: 'smtpd on mimando refuses mail for crew: kim in line 1 of /etc/mail/aliases has no account',
  },
  {
    about: 'the home of a recipient is sticky',
    make: [['mimando', 'chmod 1755 /home/jay']],
    host: 'mimando',
    what: 'smtpd on mimando refuses mail for jay: /home/jay is sticky',
    evidence: /^stat: /,
  },
  {
    about: 'the hosts file of the gateway has the public address of the relay as well',
    make: gateway("cp -p /etc/hosts /root/hosts; print '192.0.2.25 smtp.example.com my-vm' >>/etc/hosts"),
    repair: gateway('cat /root/hosts >/etc/hosts'),
    remedy: /^on carinho, take smtp\.example\.com out of line \d+ of \/etc\/hosts$/,
    host: 'carinho',
    what: 'line 10 of /etc/hosts on carinho gives smtp.example.com another address, 192.0.2.25, and smtpd uses both',
    evidence: /^\/etc\/hosts:\d+: 192\.0\.2\.25 smtp\.example\.com my-vm; /,
  },
  {
    about: 'a recipient has no user',
    make: [['mimando', 'cp -p /etc/passwd /root/passwd; sed -i /^jay:/d /etc/passwd']],
    repair: [['mimando', 'cp -p /root/passwd /etc/passwd']],
    remedy: /^add the user \(adduser\(8\) on mimando\) or use another login under mail\.recipients$/,
    host: 'mimando',
    what: 'recipient "jay" has no user on mimando',
    evidence: /mimando/,
  },
  {
    about: 'a line of the aliases of the workstation continues the line above',
    make: [
      [
        'mimando',
        `cp -p /etc/mail/aliases /root/aliases; { print 'staff: jay,\\n\\tjay'; cat /root/aliases; } >/etc/mail/aliases; ! smtpd -n`,
      ],
    ],
    repair: [['mimando', `cat /root/aliases >/etc/mail/aliases; ${restart}`]],
    remedy: /^on mimando: join it to the line above, and run again$/,
    host: 'mimando',
    what: 'smtpd on mimando does not start with line 2 of /etc/mail/aliases: it continues the line above',
    evidence: /^\/etc\/mail\/aliases:2: jay$/,
  },
  {
    about: 'the maildir of a recipient is a file',
    make: [['mimando', 'rm -rf /home/jay/maildir; echo x >/home/jay/maildir']],
    host: 'mimando',
    what: 'mail for jay on mimando cannot be delivered: /home/jay/maildir is not a directory',
    evidence: /mimando/,
  },
  {
    about: 'the maildir of a recipient was made by root',
    make: [['mimando', 'rm -rf /home/jay/maildir; mkdir -p /home/jay/maildir/in']],
    host: 'mimando',
    what: 'mail for jay on mimando cannot be delivered: jay may not write to /home/jay/maildir/in',
    evidence: /mimando/,
  },
  {
    about: 'the workstation has no host name, and smtpd was restarted',
    make: [['mimando', `hostname >/root/name; hostname ''; ${restart}; exit 0`]],
    repair: [['mimando', 'hostname "$(cat /root/name)"; rcctl restart smtpd']],
    remedy:
      /^on mimando: write its host name into \/etc\/myname, for the next boot, and run hostname with that name; then rcctl restart smtpd$/,
    host: 'mimando',
    what: 'mimando has no host name (hostname(1) prints nothing), and without one smtpd exits when it starts',
    evidence: /mimando/,
  },
  {
    about: 'the mailname of the workstation is no host name',
    make: [['mimando', `echo 'mail of mimando' >/etc/mail/mailname; ${restart}; print x | sendmail jay; [ $? != 0 ]`]],
    repair: [['mimando', `rm /etc/mail/mailname; ${restart}`]],
    remedy: /^on mimando: write its host name into the first line of \/etc\/mail\/mailname/,
    host: 'mimando',
    what: 'the host name of mimando, "mail of mimando" (/etc/mail/mailname), is not valid, and another smtpd refuses mail with it',
    evidence: /mimando/,
  },
];

export const REMEDY_FAULTS: readonly Fault[] = [...RELAY_FAULTS, ...HOME_FAULTS];
