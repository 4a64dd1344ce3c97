import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** What the mark of an interface that mailtun has made is called, ahead of its name. A boot removes both. */
export const MADE = '/var/run/mailtun.';

// An interface is mailtun's if mailtun has written its hostname.if(5), or made it in a run that ended before it wrote that.
const OWN = `
for file in /etc/hostname.wg[0-9]*; do
  line=
  [ ! -f "$file" ] || read -r line <"$file"
  case $line in "$1"*) print -r -- "\${file##*/hostname.}";; esac
done
for file in ${MADE}wg[0-9]*; do
  [ ! -f "$file" ] || [ -e "/etc/hostname.\${file#${MADE}}" ] || print -r -- "\${file#${MADE}}"
done
`;

/** Names of wg(4) interfaces whose file begins with this mark, or that are to get one; no program is run for it. */
export const tunnelsMarked = (mark: string): Fact<readonly string[]> =>
  fact('tunnels of mailtun', builtins(OWN, mark), text => text.split('\n').filter(name => /^wg\d+$/.test(name)));
