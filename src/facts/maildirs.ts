/** The maildirs of users, as far down as they are there. */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';

/** A home, a folder between, a maildir, or one of the two folders that mail.maildir(8) writes to. */
export interface MaildirPart {
  readonly path: string;
  /** As stat(1) has it: `drwxr-xr-x`; of a link that leads to a folder, that folder's. */
  readonly mode: string;
  /** The number of a user. */
  readonly owner: string;
}

/** A user whose mail goes to a maildir. */
export interface Maildir {
  readonly login: string;
  readonly uid: string;
  /** From the home down to `new`, and to `tmp`; each ends with the last part that is there. */
  readonly ways: readonly (readonly MaildirPart[])[];
  readonly home: string;
}

// passwd(5) is read by the shell; there may be YP. Mail of who has a ~/.forward may go elsewhere. One stat(1) for all: what is
// no folder is there without `/.` only.
const READ = `
local below=$1 users=" $2 " login= uid= home= entry= part=
unset paths
take() {
  [ -n "$home" ] && [ ! -e "$home/.forward" ] || return 0
  print -r -- "user $login $uid $home"
  paths[\${#paths[*]}]=$home paths[\${#paths[*]}]=$home/.
  for part in $below; do paths[\${#paths[*]}]=$home/$part paths[\${#paths[*]}]=$home/$part/.; done
}
while IFS=: read -r login entry uid part part home part; do
  case $users in *" $login "*) users=\${users%% "$login" *} \${users#* "$login" }; take;; esac
done </etc/passwd
for login in $users; do
  entry=$(getent passwd "$login") || continue
  home=\${entry%:*} home=\${home##*:} uid=\${entry#*:*:} uid=\${uid%%:*}
  take
done
[ \${#paths[*]} -eq 0 ] || stat -f 'part %Sp %u %N' "\${paths[@]}" 2>/dev/null
return 0
`;

/** @param maildir its path below a home: `maildir/in`. */
export function maildirsOf(logins: readonly string[], maildir: string): Fact<readonly Maildir[]> {
  const names = maildir.split('/').filter(name => name !== '');
  const upTo = names.map((_, index) => names.slice(0, index + 1).join('/'));
  const ways = ['new', 'tmp'].map(name => [...upTo, `${upTo.at(-1)}/${name}`]);
  const read = builtins(READ, [...new Set(ways.flat())].join(' '), logins.join(' '));
  return fact('the maildirs', read, text => parseMaildirs(text, ways));
}

/** Lines `user LOGIN UID HOME` and `part MODE OWNER PATH`. */
function parseMaildirs(text: string, ways: readonly (readonly string[])[]): readonly Maildir[] {
  const parts = new Map<string, MaildirPart>();
  for (const line of linesOf(text)) {
    const [, mode = '', owner = '', written = ''] = /^part (\S+) (\d+) (\/.*)$/s.exec(line) ?? [];
    const path = written.replace(/\/\.$/, '');
    // The folder that a link leads to comes after the link.
    if (path !== '') parts.set(path, { path, mode, owner });
  }
  return linesOf(text).flatMap(line => {
    const [, login = '', uid = '', home] = /^user (\S+) (\d+) (\/.*)$/s.exec(line) ?? [];
    if (home === undefined) return [];
    const down = ways.map(way => [home, ...way.map(one => `${home}/${one}`)].flatMap(path => parts.get(path) ?? []));
    return { login, uid, home, ways: down };
  });
}
