import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Where marks are that last until the boot; the name of an interface that mailtun has made follows, or of a key's file. */
export const MARKS = '/var/run/mailtun.';

// An interface is mailtun's if mailtun has written its hostname.if(5), or made it in a run that ended before it wrote that.
const OWN = `
for file in /etc/hostname.wg[0-9]*; do
  line=
  [ ! -f "$file" ] || read -r line <"$file"
  case $line in "$1"*) print -r -- "\${file##*/hostname.}";; esac
done
for file in ${MARKS}wg[0-9]*; do
  [ ! -f "$file" ] || [ -e "/etc/hostname.\${file#${MARKS}}" ] || print -r -- "\${file#${MARKS}}"
done
`;

/** Names of wg(4) interfaces whose file begins with this mark, or that are to get one; no program is run for it. */
export const tunnelsMarked = (mark: string): Fact<readonly string[]> =>
  fact('tunnels of mailtun', builtins(OWN, mark), text => text.split('\n').filter(name => /^wg\d+$/.test(name)));
