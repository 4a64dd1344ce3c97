import { describe, expect, it } from 'vitest';
import { type Shown, vouchedNames } from '../../src/tasks/shown-certificates.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import {
  acme,
  article,
  bouncesSent,
  files,
  fleetOf,
  hostOf,
  sendingStation,
  several,
  severalStations,
  singleMachine,
  tlsOff,
  twoGateways,
  twoRelays,
} from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const vouched: Shown = (relay, name) => vouchedNames(relay).includes(name);

function confOf(text: string, name: string, shown?: Shown): string {
  const fleet = fleetOf(text);
  return smtpdConf(hostOf(fleet, name), fleet, shown);
}

describe('the common set-up', () => {
  it('has a relay that verifies the gateway and keeps its names out of headers', () => {
    expect(confOf(article, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36800K
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table sources { 2001:db8:1234:1234::b17e, 192.0.2.25 }
      table recipients_carinho { "test@example.com", "postmaster@example.com" }
      pki vpn1.example.com cert "/etc/ssl/private/vpn1.example.com.ssc"
      pki vpn1.example.com key "/etc/ssl/private/vpn1.example.com.key"
      pki smtp.example.com cert "/etc/ssl/private/smtp.example.com.ssc"
      pki smtp.example.com key "/etc/ssl/private/smtp.example.com.key"
      pki mx1.example.com cert "/etc/ssl/private/mx1.example.com.ssc"
      pki mx1.example.com key "/etc/ssl/private/mx1.example.com.key"
      pki mx2.example.com cert "/etc/ssl/private/mx2.example.com.ssc"
      pki mx2.example.com key "/etc/ssl/private/mx2.example.com.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"

      listen on 2001:db8:c1da::2 tls-require verify pki smtp.example.com ca vpnca hostname smtp.example.com mask-src auth <secrets> tag tunnel
      listen on 2001:db8:1234:1234::6969 tls pki mx1.example.com hostname mx1.example.com no-dsn
      listen on 192.0.2.25 tls pki mx2.example.com hostname mx2.example.com no-dsn

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "relay_in_vpn0.example.com" relay tls ca vpnca pki vpn1.example.com host smtp+tls://vpn0.example.com
      action "relay_out" relay helo smtp.example.com src <sources>

      match from any for domain "example.com" rcpt-to <recipients_carinho> action "relay_in_vpn0.example.com"
      match from local for local action "local_mail"
      match from any for domain "example.com" reject
      match tag tunnel ! from local for any action "relay_out"
      match from local for any mail-from regex "[^@]" action "relay_out"
      "
    `);
  });
  it('has a gateway that accepts nothing unverified and sends only for its own domain', () => {
    expect(confOf(article, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table recipients_mimando { "test@example.com", "postmaster@example.com" }
      pki vpn0.example.com cert "/etc/ssl/private/vpn0.example.com.ssc"
      pki vpn0.example.com key "/etc/ssl/private/vpn0.example.com.key"
      pki carinho.lan cert "/etc/ssl/private/carinho.lan.ssc"
      pki carinho.lan key "/etc/ssl/private/carinho.lan.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"
      ca lanca cert "/etc/ssl/lanca.pem"

      listen on 2001:db8:c1da::1 tls-require verify pki vpn0.example.com ca vpnca hostname vpn0.example.com
      listen on 2001:db8:6969::1 tls-require verify pki carinho.lan ca lanca hostname carinho.lan mask-src tag lan

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "outbound" relay tls ca vpnca pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>
      action "forward_to_mimando.lan" relay tls ca lanca pki carinho.lan src 2001:db8:6969::1 host smtp+tls://mimando.lan

      match from any for domain "example.com" rcpt-to <recipients_mimando> action "forward_to_mimando.lan"
      match from local for local action "local_mail"
      match from local for domain "carinho.lan" action "local_mail"
      match tag lan ! from local for local action "local_mail"
      match tag lan ! from local for domain "carinho.lan" action "local_mail"
      match from local for domain "mimando.lan" action "forward_to_mimando.lan"
      match from any for domain "example.com" reject
      match tag lan ! from local for any mail-from regex "@example[.]com$" action "outbound"
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
  it('has a workstation that delivers', () => {
    expect(confOf(article, 'mimando')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table recipients file:/etc/mail/recipients
      table addresses { "test@example.com", "postmaster@example.com" }
      pki mimando.lan cert "/etc/ssl/private/mimando.lan.ssc"
      pki mimando.lan key "/etc/ssl/private/mimando.lan.key"
      ca lanca cert "/etc/ssl/lanca.pem"

      listen on 2001:db8:6969::2 tls-require verify pki mimando.lan ca lanca hostname mimando.lan tag lan
      listen on socket

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "deliver_to_recipients" maildir "%{user.directory}/maildir/in/" virtual <recipients>
      action "outbound" relay tls ca lanca pki mimando.lan src 2001:db8:6969::2 host smtp+tls://carinho.lan

      match tag lan ! from local for domain "example.com" action "deliver_to_recipients"
      match from local for domain "example.com" rcpt-to <addresses> action "outbound"
      match from local for local action "local_mail"
      match from local for domain "mimando.lan" action "local_mail"
      match tag lan ! from local for local action "local_mail"
      match tag lan ! from local for domain "mimando.lan" action "local_mail"
      match from local for any action "outbound"
      "
    `);
  });
});

describe('a single machine', () => {
  it('delivers on the gateway', () => {
    expect(confOf(singleMachine, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table recipients file:/etc/mail/recipients
      table recipients_carinho { "test@example.com", "postmaster@example.com" }
      pki vpn0.example.com cert "/etc/ssl/private/vpn0.example.com.ssc"
      pki vpn0.example.com key "/etc/ssl/private/vpn0.example.com.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"

      listen on 2001:db8:c1da::1 tls-require verify pki vpn0.example.com ca vpnca hostname vpn0.example.com

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "deliver_to_recipients" maildir "%{user.directory}/maildir/in/" virtual <recipients>
      action "outbound" relay tls ca vpnca pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>

      match from any for domain "example.com" rcpt-to <recipients_carinho> action "deliver_to_recipients"
      match from local for local action "local_mail"
      match from any for domain "example.com" reject
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
});

describe('several machines', () => {
  it('the gateway sends outbound mail to either of two relays', () => {
    expect(confOf(twoRelays, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table recipients_mimando { "test@example.com", "postmaster@example.com" }
      table relays { "smtp+tls://mailuser@smtp.example.com", "smtp+tls://mailuser@smtp2.example.com" }
      pki vpn0.example.com cert "/etc/ssl/private/vpn0.example.com.ssc"
      pki vpn0.example.com key "/etc/ssl/private/vpn0.example.com.key"
      pki carinho.lan cert "/etc/ssl/private/carinho.lan.ssc"
      pki carinho.lan key "/etc/ssl/private/carinho.lan.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"
      ca lanca cert "/etc/ssl/lanca.pem"

      listen on 2001:db8:c1da::1 tls-require verify pki vpn0.example.com ca vpnca hostname vpn0.example.com
      listen on 2001:db8:6969::1 tls-require verify pki carinho.lan ca lanca hostname carinho.lan mask-src tag lan

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "outbound" relay tls ca vpnca pki vpn0.example.com host <relays> auth <secrets>
      action "forward_to_mimando.lan" relay tls ca lanca pki carinho.lan src 2001:db8:6969::1 host smtp+tls://mimando.lan

      match from any for domain "example.com" rcpt-to <recipients_mimando> action "forward_to_mimando.lan"
      match from local for local action "local_mail"
      match from local for domain "carinho.lan" action "local_mail"
      match tag lan ! from local for local action "local_mail"
      match tag lan ! from local for domain "carinho.lan" action "local_mail"
      match from local for domain "mimando.lan" action "forward_to_mimando.lan"
      match from any for domain "example.com" reject
      match tag lan ! from local for any mail-from regex "@example[.]com$" action "outbound"
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
  it('the second relay accepts the same mail', () => {
    expect(confOf(twoRelays, 'saudade')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36800K
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table sources { 198.51.100.25 }
      table recipients_carinho { "test@example.com", "postmaster@example.com" }
      pki vpn2.example.com cert "/etc/ssl/private/vpn2.example.com.ssc"
      pki vpn2.example.com key "/etc/ssl/private/vpn2.example.com.key"
      pki smtp2.example.com cert "/etc/ssl/private/smtp2.example.com.ssc"
      pki smtp2.example.com key "/etc/ssl/private/smtp2.example.com.key"
      pki mx3.example.com cert "/etc/ssl/private/mx3.example.com.ssc"
      pki mx3.example.com key "/etc/ssl/private/mx3.example.com.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"

      listen on 2001:db8:c1da::3 tls-require verify pki smtp2.example.com ca vpnca hostname smtp2.example.com mask-src auth <secrets> tag tunnel
      listen on 198.51.100.25 tls pki mx3.example.com hostname mx3.example.com no-dsn

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "relay_in_vpn0.example.com" relay tls ca vpnca pki vpn2.example.com host smtp+tls://vpn0.example.com
      action "relay_out" relay helo smtp2.example.com src <sources>

      match from any for domain "example.com" rcpt-to <recipients_carinho> action "relay_in_vpn0.example.com"
      match from local for local action "local_mail"
      match from any for domain "example.com" reject
      match tag tunnel ! from local for any action "relay_out"
      match from local for any mail-from regex "[^@]" action "relay_out"
      "
    `);
  });
  it('one relay keeps the domains of two gateways apart', () => {
    expect(confOf(twoGateways, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36800K
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table sources { 192.0.2.25 }
      table recipients_carinho { "test@example.com", "postmaster@example.com" }
      table recipients_lar { "ana@example.org", "postmaster@example.org" }
      pki vpn1.example.com cert "/etc/ssl/private/vpn1.example.com.ssc"
      pki vpn1.example.com key "/etc/ssl/private/vpn1.example.com.key"
      pki smtp.example.com cert "/etc/ssl/private/smtp.example.com.ssc"
      pki smtp.example.com key "/etc/ssl/private/smtp.example.com.key"
      pki mx1.example.com cert "/etc/ssl/private/mx1.example.com.ssc"
      pki mx1.example.com key "/etc/ssl/private/mx1.example.com.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"

      listen on 10.6.9.2 tls-require verify pki smtp.example.com ca vpnca hostname smtp.example.com mask-src auth <secrets> tag tunnel
      listen on 192.0.2.25 tls pki mx1.example.com hostname mx1.example.com no-dsn

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "relay_in_vpn0.example.com" relay tls ca vpnca pki vpn1.example.com host smtp+tls://vpn0.example.com
      action "relay_in_vpn0.example.org" relay tls ca vpnca pki vpn1.example.com host smtp+tls://vpn0.example.org
      action "relay_out" relay helo smtp.example.com src <sources>

      match from any for domain "example.com" rcpt-to <recipients_carinho> action "relay_in_vpn0.example.com"
      match from any for domain "example.org" rcpt-to <recipients_lar> action "relay_in_vpn0.example.org"
      match from local for local action "local_mail"
      match from any for domain "example.com" reject
      match from any for domain "example.org" reject
      match tag tunnel ! from local for any action "relay_out"
      match from local for any mail-from regex "[^@]" action "relay_out"
      "
    `);
  });
  it('a gateway has its own domain', () => {
    expect(confOf(twoGateways, 'lar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table recipients_desk { "ana@example.org", "postmaster@example.org" }
      pki vpn0.example.org cert "/etc/ssl/private/vpn0.example.org.ssc"
      pki vpn0.example.org key "/etc/ssl/private/vpn0.example.org.key"
      pki lar.lan cert "/etc/ssl/private/lar.lan.ssc"
      pki lar.lan key "/etc/ssl/private/lar.lan.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"
      ca lanca cert "/etc/ssl/lanca.pem"

      listen on 10.6.9.3 tls-require verify pki vpn0.example.org ca vpnca hostname vpn0.example.org
      listen on 10.0.0.1 tls-require verify pki lar.lan ca lanca hostname lar.lan mask-src tag lan

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "outbound" relay tls ca vpnca pki vpn0.example.org host smtp+tls://mailuser-lar@smtp.example.com auth <secrets>
      action "forward_to_desk.lan" relay tls ca lanca pki lar.lan src 10.0.0.1 host smtp+tls://desk.lan

      match from any for domain "example.org" rcpt-to <recipients_desk> action "forward_to_desk.lan"
      match from local for local action "local_mail"
      match from local for domain "lar.lan" action "local_mail"
      match tag lan ! from local for local action "local_mail"
      match tag lan ! from local for domain "lar.lan" action "local_mail"
      match from local for domain "desk.lan" action "forward_to_desk.lan"
      match from any for domain "example.org" reject
      match tag lan ! from local for any mail-from regex "@example[.]org$" action "outbound"
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
  it('recipients determine the workstation', () => {
    expect(confOf(severalStations, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table secrets file:/etc/mail/secrets
      table recipients_mimando { "test@example.com", "postmaster@example.com" }
      table recipients_desk { "ana@example.com" }
      pki vpn0.example.com cert "/etc/ssl/private/vpn0.example.com.ssc"
      pki vpn0.example.com key "/etc/ssl/private/vpn0.example.com.key"
      pki carinho.lan cert "/etc/ssl/private/carinho.lan.ssc"
      pki carinho.lan key "/etc/ssl/private/carinho.lan.key"
      ca vpnca cert "/etc/ssl/vpnca.pem"
      ca lanca cert "/etc/ssl/lanca.pem"

      listen on 2001:db8:c1da::1 tls-require verify pki vpn0.example.com ca vpnca hostname vpn0.example.com
      listen on 2001:db8:6969::1 tls-require verify pki carinho.lan ca lanca hostname carinho.lan mask-src tag lan

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "outbound" relay tls ca vpnca pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>
      action "forward_to_mimando.lan" relay tls ca lanca pki carinho.lan src 2001:db8:6969::1 host smtp+tls://mimando.lan
      action "forward_to_desk.lan" relay tls ca lanca pki carinho.lan src 2001:db8:6969::1 host smtp+tls://desk.lan

      match from any for domain "example.com" rcpt-to <recipients_mimando> action "forward_to_mimando.lan"
      match from any for domain "example.com" rcpt-to <recipients_desk> action "forward_to_desk.lan"
      match from local for local action "local_mail"
      match from local for domain "carinho.lan" action "local_mail"
      match tag lan ! from local for local action "local_mail"
      match tag lan ! from local for domain "carinho.lan" action "local_mail"
      match from local for domain "mimando.lan" action "forward_to_mimando.lan"
      match from local for domain "desk.lan" action "forward_to_desk.lan"
      match from any for domain "example.com" reject
      match tag lan ! from local for any mail-from regex "@example[.]com$" action "outbound"
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
});

describe('a workstation that gets no mail', () => {
  it('is known to its gateway only as a sender', () => {
    const conf = confOf(sendingStation, 'carinho');
    expect(conf).not.toContain('recipients_desk');
    expect(conf).not.toContain('2001:db8:6969::3');
    const plain = confOf(sendingStation.replace('# tls: off ', 'tls: off #'), 'carinho');
    expect(plain.split('\n').filter(text => text.includes('2001:db8:6969::3'))).toEqual([
      'match from src "[2001:db8:6969::3]" for local action "local_mail"',
      'match from src "[2001:db8:6969::3]" for domain "carinho.lan" action "local_mail"',
      'match from src "[2001:db8:6969::3]" for any mail-from regex "@example[.]com$" action "outbound"',
    ]);
  });
  it('has no table of recipients, since there is no such file', () => {
    expect(confOf(sendingStation, 'desk')).not.toContain('recipients');
  });
});

describe('certificates of an authority', () => {
  it('are presented by the relay once they exist', () => {
    expect(pkiLines(confOf(acme, 'namorar', vouched))).toMatchInlineSnapshot(`
      "pki vpn1.example.com cert "/etc/ssl/private/vpn1.example.com.ssc"
      pki vpn1.example.com key "/etc/ssl/private/vpn1.example.com.key"
      pki smtp.example.com cert "/etc/ssl/smtp.example.com.crt"
      pki smtp.example.com key "/etc/ssl/private/smtp.example.com.key"
      pki mx1.example.com cert "/etc/ssl/mx1.example.com.crt"
      pki mx1.example.com key "/etc/ssl/private/mx1.example.com.key"
      pki mx2.example.com cert "/etc/ssl/mx2.example.com.crt"
      pki mx2.example.com key "/etc/ssl/private/mx2.example.com.key""
    `);
  });
  it('are not named before they exist', () => {
    expect(confOf(acme, 'namorar')).toBe(confOf(article, 'namorar'));
  });
  it("are the user's own if the inventory names files", () => {
    const shown: Shown = (_, name) => name === 'mx1.example.com';
    expect(pkiLines(confOf(files, 'namorar', shown))).toMatchInlineSnapshot(`
      "pki vpn1.example.com cert "/etc/ssl/private/vpn1.example.com.ssc"
      pki vpn1.example.com key "/etc/ssl/private/vpn1.example.com.key"
      pki smtp.example.com cert "/etc/ssl/private/smtp.example.com.ssc"
      pki smtp.example.com key "/etc/ssl/private/smtp.example.com.key"
      pki mx1.example.com cert "/etc/ssl/mailtun.mx1.example.com.crt"
      pki mx1.example.com key "/etc/ssl/private/mailtun.mx1.example.com.key"
      pki mx2.example.com cert "/etc/ssl/private/mx2.example.com.ssc"
      pki mx2.example.com key "/etc/ssl/private/mx2.example.com.key""
    `);
  });
  it('make the gateway trust the authorities of the system for the outbound name, and only then', () => {
    expect(line(confOf(acme, 'carinho', vouched), 'action "outbound')).toMatchInlineSnapshot(
      `"action "outbound" relay tls pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>"`,
    );
    expect(line(confOf(acme, 'carinho'), 'action "outbound')).toMatchInlineSnapshot(
      `"action "outbound" relay tls ca vpnca pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>"`,
    );
  });
  it('of only one relay exclude the other one, since an action has one authority', () => {
    const first: Shown = relay => relay.name === 'namorar';
    expect(line(confOf(twoRelays, 'carinho', first), 'action "outbound')).toMatchInlineSnapshot(
      `"action "outbound" relay tls pki vpn0.example.com host smtp+tls://mailuser@smtp.example.com auth <secrets>"`,
    );
  });
});

describe('tls: off', () => {
  it('is noted in the file, and the relay accepts mail only from its gateway', () => {
    expect(confOf(tlsOff, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      # WARNING: mail.tls is off. Nothing but the tunnel protects this mail, and nobody has to authenticate.
      queue ttl 20d
      smtp max-message-size 36800K
      table aliases file:/etc/mail/aliases
      table sources { 2001:db8:1234:1234::b17e, 192.0.2.25 }
      table recipients_carinho { "test@example.com", "postmaster@example.com" }
      pki mx1.example.com cert "/etc/ssl/private/mx1.example.com.ssc"
      pki mx1.example.com key "/etc/ssl/private/mx1.example.com.key"
      pki mx2.example.com cert "/etc/ssl/private/mx2.example.com.ssc"
      pki mx2.example.com key "/etc/ssl/private/mx2.example.com.key"

      listen on 2001:db8:c1da::2 hostname smtp.example.com mask-src tag tunnel
      listen on 2001:db8:1234:1234::6969 tls pki mx1.example.com hostname mx1.example.com no-dsn
      listen on 192.0.2.25 tls pki mx2.example.com hostname mx2.example.com no-dsn

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "relay_in_vpn0.example.com" relay host smtp+notls://vpn0.example.com
      action "relay_out" relay helo smtp.example.com src <sources>

      match from any for domain "example.com" rcpt-to <recipients_carinho> action "relay_in_vpn0.example.com"
      match from local for local action "local_mail"
      match from any for domain "example.com" reject
      match tag tunnel from src "2001:db8:c1da::2/64" for any action "relay_out"
      match from local for any mail-from regex "[^@]" action "relay_out"
      "
    `);
  });
  it('has no certificate and no password on the gateway', () => {
    expect(confOf(tlsOff, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      # WARNING: mail.tls is off. Nothing but the tunnel protects this mail, and nobody has to authenticate.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table recipients_mimando { "test@example.com", "postmaster@example.com" }

      listen on 2001:db8:c1da::1 hostname vpn0.example.com
      listen on 2001:db8:6969::1 hostname carinho.lan mask-src

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "outbound" relay host smtp+notls://smtp.example.com
      action "forward_to_mimando.lan" relay src 2001:db8:6969::1 host smtp+notls://mimando.lan

      match from any for domain "example.com" rcpt-to <recipients_mimando> action "forward_to_mimando.lan"
      match from local for local action "local_mail"
      match from local for domain "carinho.lan" action "local_mail"
      match from src "[2001:db8:6969::2]" for local action "local_mail"
      match from src "[2001:db8:6969::2]" for domain "carinho.lan" action "local_mail"
      match from local for domain "mimando.lan" action "forward_to_mimando.lan"
      match from any for domain "example.com" reject
      match from src "[2001:db8:6969::2]" for any mail-from regex "@example[.]com$" action "outbound"
      match from local for any mail-from regex "[^@]" action "outbound"
      "
    `);
  });
  it('and none on the workstation', () => {
    expect(confOf(tlsOff, 'mimando')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      # WARNING: mail.tls is off. Nothing but the tunnel protects this mail, and nobody has to authenticate.
      queue ttl 20d
      smtp max-message-size 36M
      table aliases file:/etc/mail/aliases
      table recipients file:/etc/mail/recipients
      table addresses { "test@example.com", "postmaster@example.com" }

      listen on 2001:db8:6969::2 hostname mimando.lan
      listen on socket

      action "local_mail" maildir "%{user.directory}/maildir/in/" alias <aliases>
      action "deliver_to_recipients" maildir "%{user.directory}/maildir/in/" virtual <recipients>
      action "outbound" relay src 2001:db8:6969::2 host smtp+notls://carinho.lan

      match from src "[2001:db8:6969::1]" for domain "example.com" action "deliver_to_recipients"
      match from local for domain "example.com" rcpt-to <addresses> action "outbound"
      match from local for local action "local_mail"
      match from local for domain "mimando.lan" action "local_mail"
      match from src "[2001:db8:6969::1]" for local action "local_mail"
      match from src "[2001:db8:6969::1]" for domain "mimando.lan" action "local_mail"
      match from local for any action "outbound"
      "
    `);
  });
});

describe('bounces: send', () => {
  const added = (name: string) => {
    const before = confOf(article, name).split('\n');
    return confOf(bouncesSent, name)
      .split('\n')
      .filter(text => !before.includes(text));
  };
  it('passes bounces of the relay, with warnings before', () => {
    expect(added('namorar')).toMatchInlineSnapshot(`
      [
        "bounce warn-interval 4h, 1d",
        "match from local for any action "relay_out"",
      ]
    `);
  });
  it('sends bounces of the other hosts through the relay', () => {
    expect(added('carinho')).toMatchInlineSnapshot(`
      [
        "bounce warn-interval 4h, 1d",
        "match from local for any action "outbound"",
        "match tag lan ! from local for any mail-from regex "^@?$" action "outbound"",
      ]
    `);
  });
});

const everyConf = Object.entries({
  article,
  singleMachine,
  twoRelays,
  twoGateways,
  severalStations,
  sendingStation,
  several,
  acme,
  files,
  tlsOff,
  bouncesSent,
}).flatMap(([name, text]) =>
  fleetOf(text).hosts.flatMap(host => [
    [`${host.name} of ${name}`, confOf(text, host.name)] as const,
    [`${host.name} of ${name}, vouched for`, confOf(text, host.name, vouched)] as const,
  ]),
);

describe('OpenSMTPD itself', () => {
  it.each(everyConf)('accepts the configuration of %s', (_, conf) => {
    expect(smtpdSays(conf)).toBe('configuration OK');
  });
  it('rejects an invalid one here too', () => {
    expect(smtpdSays('match from any for any action nope\n')).toContain('no such dispatcher: nope');
  });
});

describe('every configuration', () => {
  it.each(everyConf)('of %s declares what it names', (_, conf) => {
    const declared = (word: string) => [...conf.matchAll(new RegExp(`^${word} (\\S+) `, 'gm'))].map(found => found[1]);
    const used = (word: string) =>
      [...conf.matchAll(new RegExp(`^(?:listen|action).* ${word} (\\S+)`, 'gm'))].map(found => found[1]);
    expect(declared('pki')).toEqual(expect.arrayContaining(used('pki')));
    expect(declared('ca')).toEqual(expect.arrayContaining(used('ca')));
  });
  it.each(everyConf)(
    "of %s matches recipients before local names, since the host's name may be the domain",
    (_, conf) => {
      const rules = conf.split('\n').filter(text => text.startsWith('match '));
      const recipients = rules.flatMap((rule, index) => (/ rcpt-to | "deliver_to/.test(rule) ? [index] : []));
      const local = rules.findIndex(rule => / for local /.test(rule));
      expect(recipients).toEqual(recipients.map((_, index) => index));
      expect(local).toBe(recipients.length);
    },
  );
  it.each(everyConf)(
    'of %s accepts what the relay has accepted, which grows on its path, and hardly more',
    (name, conf) => {
      const behind = !name.startsWith('namorar') && !name.startsWith('saudade');
      expect(conf).toContain(`\nsmtp max-message-size ${behind ? '36M' : '36800K'}\n`);
    },
  );
  it.each(everyConf)('of %s relays nothing with opportunistic TLS', (_, conf) => {
    expect(conf).not.toMatch(/host smtp:|"smtp:/);
  });
});

const pkiLines = (conf: string): string =>
  conf
    .split('\n')
    .filter(text => text.startsWith('pki '))
    .join('\n');
const line = (conf: string, start: string): string => conf.split('\n').find(text => text.startsWith(start)) ?? '';
