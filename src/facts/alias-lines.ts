/** Lines of aliases(5) that smtpd(8) loads without a message, and for whose names it then refuses mail. */
import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';
import { HAS_USERBASE } from './missing-logins.ts';

/** A line that it cannot read: 424. */
export interface AliasFault {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Whose mail is refused. */
  readonly name: string;
  readonly kind: 'comment' | 'quotes' | 'blank before the colon' | 'words without a comma';
}

/** What sendmail and Postfix accept, and smtpd does not (table_static.c, to.c). */
export const aliasFaults = (text: string): readonly AliasFault[] =>
  text.split('\n').flatMap((written, index) => {
    const [, name = '', blank = '', value = ''] = /^\s*([^\s:#][^\s:]*)([ \t]*):[ \t]*(.*?)\s*$/.exec(written) ?? [];
    const kind = name === '' ? null : blank === '' ? faultOf(value) : 'blank before the colon';
    return kind === null ? [] : [{ line: index + 1, text: written, name: name.replace(/^"(.*)"$/, '$1'), kind }];
  });

/** Programs and files may contain anything; users and addresses have no blanks and no quotes. */
function faultOf(value: string): AliasFault['kind'] | null {
  if (/^"?[|/]|^:?include:/i.test(value)) return null;
  if (/\s#|^#/.test(value)) return 'comment';
  if (value.includes('"')) return 'quotes';
  return value.split(',').some(one => /\S\s+\S/.test(one)) ? 'words without a comma' : null;
}

/** A line with which smtpd(8) does not load the file: it does not start. */
export interface UnreadableAlias {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** It begins with a blank, as a continued line of sendmail's; smtpd has none. */
  readonly isContinued: boolean;
}

/** The first line that has no value (parse_table_line() in util.c); null where smtpd loads all of them. */
export function unreadableAlias(text: string): UnreadableAlias | null {
  const at = text.split('\n').findIndex(written => {
    const line = written.replace(/^[ \t\v\f\r]+|[ \t\v\f\r]+$/g, '');
    if (line === '' || line.startsWith('#') || line.startsWith('\0')) return false;
    const name = line.startsWith('[') ? /^\[[^\]]*\]/ : /^[^ \t:]*/;
    const [key] = name.exec(line) ?? [];
    return key === undefined || /^.?[ \t]*$/.test(line.slice(key.length));
  });
  const found = text.split('\n')[at];
  return found === undefined ? null : { line: at + 1, text: found.trim(), isContinued: at > 0 && /^[ \t]/.test(found) };
}

/** A member of an alias who has no account and is not an alias: smtpd answers 550 for the whole alias (lka_session.c). */
export interface GoneMember {
  /** Counted from 1. */
  readonly line: number;
  readonly name: string;
  readonly member: string;
}

// Only a member who is neither in passwd(5) nor an alias costs a process: there may be YP. An alias that names itself means
// the account (sameuser in expand.c). Lines with a program, a file, an error or a comment are left out, as are capitals.
const READ = `
local users= names= maybe= at=0 name value rest member one IFS=' \t,'
[ -f /etc/mail/aliases ] || return 0
while IFS=: read -r name rest; do users="$users $name "; done </etc/passwd
while IFS=' \t:' read -r name value || [ -n "$name" ]; do
  at=$((at + 1))
  names="$names $name "
  case $name$value in *[\\"\\'\\|/:#\\*\\?\\[]*) continue;; esac
  for member in $value; do
    case $member in ''|[!a-z0-9_]*|*[!a-z0-9_.-]*) continue;; esac
    case $users in *" $member "*) ;; *) maybe="$maybe $at:$name:$member";; esac
  done
done </etc/mail/aliases
for one in $maybe; do
  member=\${one##*:} name=\${one%:*} at=\${one%%:*}
  name=\${name#*:}
  [ "$name" = "$member" ] || case $names in *" $member "*) continue;; esac
  ! id -u "$member" >/dev/null 2>&1 || continue
  ! ${HAS_USERBASE} || break
  print -r -- "$at $name $member"
done
return 0
`;

/** Of all lines of aliases(5), as smtpd reads them (parse_table_line() in util.c). */
export const GONE_MEMBERS = fact('members of aliases without an account', builtins(READ), text =>
  linesOf(text).flatMap((said): readonly GoneMember[] => {
    const [, line, name = '', member = ''] = /^(\d+) (\S+) (\S+)$/.exec(said) ?? [];
    return line === undefined ? [] : [{ line: Number(line), name, member }];
  }),
);
