/** The model of smtpd.conf(5)'s matching, which a property of the moves goes by, against the real smtpd. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSmtpdConf } from '../../../src/facts/smtpd-conf.ts';
import { verdictOf } from '../../tasks/smtpd-model.ts';
import { labCalled } from '../driver/on-host.ts';

const lab = labCalled('model');
const CARINHO = '2001:db8:6969::1';
const [FIRST, SECOND] = ['2001:db8:6969::2', '2001:db8:6969::a:2'];

/** Each rule leads to an action of its own; which one that was, the queue says. */
const CONF = `
table rcpts { "a@example.com", "plus@example.com" }
table nets { "2001:db8:6969::a:0/112" }
listen on ${CARINHO} port 25 tag lan
listen on ${CARINHO} port 2525
action "tagged" relay host smtp+notls://tagged.invalid
action "listed" relay host smtp+notls://listed.invalid
action "network" relay host smtp+notls://network.invalid
action "address" relay host smtp+notls://address.invalid
action "sender" relay host smtp+notls://sender.invalid
action "here" relay host smtp+notls://here.invalid
match from any for domain "example.com" rcpt-to <rcpts> action "listed"
match from any for domain "example.com" reject
match tag lan ! from local for domain "tag.example" action "tagged"
match ! tag lan ! from local for domain "tag.example" action "sender"
match from src <nets> for domain "src.example" action "network"
match from src "[${FIRST}]" for domain "src.example" action "address"
match from any for any mail-from regex "@regex[.]example$" action "sender"
match from any auth for domain "auth.example" action "sender"
match from any tls for domain "tls.example" action "sender"
match from any ! tls for domain "nottls.example" action "sender"
match from local for domain "local.example" action "here"
match tag lan from any for domain "any.example" mail-from "@any.example" action "tagged"
`;

// The words: source, port, sender, recipients. One line of each recipient's reply.
const TALK = `
hear() { while IFS= read -rp line; do case $line in [2-5][0-9][0-9]' '*) return 0;; esac; done; return 1; }
say() { print -rp -- "$1$(print '\\r')" && hear; }
nc -s "$1" ${CARINHO} "$2" |&
hear; say 'ehlo client'; say "mail from:<$3>"
shift 3
for to; do say "rcpt to:<$to>"; print -r -- "$to $line"; done
say quit
`;

const TO = ['a', 'plus+tag', 'nobody'].map(local => `${local}@example.com`);
const ELSEWHERE = ['tag', 'src', 'auth', 'tls', 'nottls', 'local', 'any'].map(name => `someone@${name}.example`);
const SENDERS = ['', 'jay@regex.example', 'jay@any.example', 'jay@other.example'];

beforeAll(async () => {
  await lab.up();
  await lab.must('carinho', 'cat >/etc/mail/smtpd.conf && smtpd -n && rcctl restart smtpd', CONF);
  await lab.must('mimando', `ifconfig vio1 inet6 ${SECOND}/64 alias && sleep 1`);
}, 120_000);
afterAll(lab.down);

const KINDS: Readonly<Record<string, string>> = { 2: 'taken', 4: 'later', 5: 'refused' };

test.each([
  ['mimando', FIRST, '25'],
  ['mimando', SECOND, '25'],
  ['mimando', SECOND, '2525'],
  ['mimando', FIRST, '2525'],
  ['carinho', CARINHO, '25'],
])('%s from %s at port %s', async (host, source, port) => {
  for (const from of SENDERS) {
    const to = [...TO, ...ELSEWHERE];
    const words = [source, port, from, ...to].map(word => `'${word}'`).join(' ');
    const said = (await lab.must(host, `set -- ${words}\n${TALK}`)).trim().split('\n');
    const real = said.map(line =>
      line.trim().replace(/^(\S+) (\d).*/, (_, address, digit) => `${address} ${KINDS[digit]}`),
    );
    const model = to.map(address => {
      const session = { tag: port === '25' ? 'lan' : '', source, user: null, from, to: address };
      const verdict = verdictOf(parseSmtpdConf(CONF), session, { own: [CARINHO], names: ['localhost'] });
      return `${address} ${['refused', 'later'].includes(verdict) ? verdict : 'taken'}`;
    });
    expect(real, `from <${from}>`).toEqual(model);
  }
});
