import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

// Only a hostname.if(5) that mailtun has written makes an interface its own.
const OWN = `
for file in /etc/hostname.wg[0-9]*; do
  line=
  [ ! -f "$file" ] || read -r line <"$file"
  case $line in "$1"*) print -r -- "\${file##*/hostname.}";; esac
done
`;

/** Names of wg(4) interfaces whose file begins with this mark; answered by the shell alone. */
export const tunnelsMarked = (mark: string): Fact<readonly string[]> =>
  fact('tunnels of mailtun', builtins(OWN, mark), text => text.split('\n').filter(name => /^wg\d+$/.test(name)));
