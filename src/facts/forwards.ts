/** Addresses in forward(5) files, as the question about them prints them. */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { type ForwardFile, parseForwardFiles } from './forward-files.ts';

/** What a host's own domains and its users' ~/.forward say. */
export interface Forwards {
  /** Domains that are local to the host in the sense of smtpd.conf(5). */
  readonly local: readonly string[];
  readonly forwards: readonly Forward[];
  /** To logins that do not exist: smtpd answers 550 for the user who has the file (lka_expand() in lka_session.c). */
  readonly gone: readonly Forward[];
}

/** An address in a forward(5) file. */
export interface Forward {
  readonly login: string;
  readonly address: string;
  readonly path: string;
}

/** Lines `local NAME`, `forward LOGIN ADDRESS PATH` and `gone LOGIN LOGIN PATH`. */
export const parseForwards = (text: string): Forwards => ({
  local: [...text.matchAll(/^local (\S+)$/gm)].map(match => (match[1] ?? '').toLowerCase()),
  forwards: parsed(text.matchAll(/^forward (\S+) (\S+) (\/.*)$/gm)),
  gone: parsed(text.matchAll(/^gone (\S+) (\S+) (\/.*)$/gm)),
});

const parsed = (found: Iterable<RegExpMatchArray>): readonly Forward[] =>
  [...found].map(([, login = '', address = '', path = '']) => ({ login, address, path }));

// What stat says of a home and its .forward; of a file that smtpd would read (forward(5): a plain one of less than 4 kB)
// the addresses and the logins that do not exist, and nothing else of its text; of one with a program no login, for any word
// of the command could be taken for it. In mailtun's action for recipients no login is an alias (lka_expand(), aliases.c).
/** Prints a host's own names, and of the logins in "$@" the home, the ~/.forward and its addresses. */
export const READ_FORWARDS = `
name=
[ ! -f /etc/mail/mailname ] || IFS= read -r name </etc/mail/mailname
print -r -- "local $(hostname)"
print -r -- "local $name"
for login; do
  entry=$(getent passwd "$login") && home=\${entry%:*} || continue
  home=\${home##*:} uid=\${entry#*:*:} uid=\${uid%%:*}
  file=$home/.forward
  [ -n "$home" ] || continue
  stat -f "stat $login $uid %Sp %u %z %N" "$home/." "$file" 2>/dev/null
  [ -f "$file" ] && [ ! -L "$file" ] || continue
  text=$(timeout 5 dd if="$file" bs=4096 count=1 2>/dev/null | sed 's/#.*//; s/\\\\$/|/' | tr ',' '\\n')
  print -r -- "$text" |
    sed -nE 's/^[[:space:]]*([^][:space:]"'\\''|/:@][^][:space:]@":]*@[][A-Za-z0-9.:-]+)[[:space:]]*$/\\1/p' |
    while IFS= read -r address || [ -n "$address" ]; do print -r -- "forward $login $address $file"; done
  case $text in *[\\"\\'\\|:\\*\\?\\[]*) continue;; esac
  for member in $text; do
    member=\${member#\\\\}
    case $member in "$login"|''|[!a-z0-9_]*|*[!a-z0-9_.-]*) continue;; esac
    getent passwd "$member" >/dev/null || print -r -- "gone $login $member $file"
  done
done
return 0
`;

/** Homes and ~/.forward files of these logins. */
export const forwardsOf = (
  logins: readonly string[],
): Fact<{ readonly addresses: Forwards; readonly files: readonly ForwardFile[] }> =>
  fact('the forward files', builtins(READ_FORWARDS, ...logins), text => ({
    addresses: parseForwards(text),
    files: parseForwardFiles(text),
  }));
