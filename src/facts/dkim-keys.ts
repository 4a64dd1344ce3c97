/** The DKIM keys of a relay, and their records in DNS as the relay gets them. Pure. */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { parseDkimRecord, sameDkimKey } from './dkim-record.ts';
import { type DnsAnswer, parseHost } from './lookup.ts';

// A PEM public key without its frame: what RFC 6376 wants of an RSA key. Of an Ed25519 key RFC 8463 (4.2) wants the 32
// bytes behind the 12 of its head, 16 characters of the base64. What a power cut has emptied is not a key.
/** `record_of FILE` prints the TXT record of a private key; `is_key FILE` succeeds for one. */
export const KEY_FUNCTIONS = `
record_of() {
  local pem body= word
  pem=$(openssl pkey -in "$1" -pubout 2>/dev/null) || return
  for word in $pem; do
    case $word in -----*|PUBLIC|KEY-----) ;; *) body=$body$word;; esac
  done
  case $body in
    '') return 1;;
    MCowBQYDK2VwAyEA*) print -r -- "v=DKIM1; k=ed25519; p=\${body#MCowBQYDK2VwAyEA}";;
    *) print -r -- "v=DKIM1; k=rsa; p=$body";;
  esac
}
is_key() {
  local first=
  [ -s "$1" ] && { read -r first <"$1" || :; } 2>/dev/null
  case $first in '-----BEGIN '*'PRIVATE KEY-----') ;; *) return 1;; esac
}
`;

// `FOLDER DOMAIN…`: a line `key SELECTOR RECORD` for each key, or `damaged` or `stale` instead of `key`, and what DNS
// says of it for each domain between `dns SELECTOR DOMAIN` and a line with a dot.
const STATE = `${KEY_FUNCTIONS}
folder=$1; shift
ask() {
  local said
  said=$(timeout 6 host -W 2 -t txt "$1._domainkey.$2" 2>&1)
  print -r -- "dns $1 $2
$said
."
}
for record in "$folder"/*.record; do
  [ -f "$record" ] || continue
  selector=\${record##*/} selector=\${selector%.record} key=\${record%.record}.key state=key
  is_key "$key" || state=damaged
  [ "$key" -nt "$record" ] && state=stale
  print -r -- "$state $selector $(<"$record")"
  [ $state = damaged ] || for domain; do ask "$selector" "$domain" & done
done
wait
exit 0
`;

/** A key that a relay signs with, or has signed with. */
export interface DkimKey {
  readonly selector: string;
  /** The text of its TXT record. */
  readonly record: string;
  /** `damaged`: the key file holds no key. `stale`: the record is older than the key. */
  readonly state: 'key' | 'damaged' | 'stale';
}

/** The keys of a relay. */
export interface DkimState {
  readonly keys: readonly DkimKey[];
  /** Null where it was not asked for. */
  readonly answer: (selector: string, domain: string) => DnsAnswer | null;
}

/** @param text what STATE prints. */
export function parseDkimState(text: string): DkimState {
  const keys: DkimKey[] = [];
  const answers = new Map<string, DnsAnswer>();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, state, selector, record] = /^(key|damaged|stale) (\S+) ?(.*)$/.exec(line) ?? [];
    if ((state === 'key' || state === 'damaged' || state === 'stale') && selector !== undefined)
      keys.push({ state, selector, record: record ?? '' });
    if (!/^dns \S+ \S+$/.test(line)) continue;
    const end = lines.indexOf('.', at);
    answers.set(line.slice('dns '.length), parseHost(lines.slice(at + 1, end < 0 ? undefined : end).join('\n')));
    at = end < 0 ? lines.length : end;
  }
  return { keys, answer: (selector, domain) => answers.get(`${selector} ${domain}`) ?? null };
}

/** Which keys are in a folder of a relay, and what DNS says of them there for each domain. */
export const dkimKeysIn = (folder: string, domains: readonly string[]): Fact<DkimState> =>
  fact('the DKIM keys', command(STATE, folder, ...domains), parseDkimState);

/** Whether receivers can verify what is signed with a key. */
type Published = 'yes' | 'no' | 'unknown';

/** Two records at one name are as good as none (RFC 6376, 3.6.2.2). */
export function isPublished(key: DkimKey, answer: DnsAnswer | null): Published {
  if (key.state !== 'key') return 'no';
  if (answer === null || answer.kind === 'unknown') return 'unknown';
  if (answer.kind === 'none') return 'no';
  const records = answer.values.filter(text => parseDkimRecord(text) !== null);
  return records.length === 1 && sameDkimKey(records[0] ?? '', key.record) ? 'yes' : 'no';
}
