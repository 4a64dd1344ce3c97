import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

// An interface is mailtun's if mailtun has written its hostname.if(5).
const OWN = `
for file in /etc/hostname.wg[0-9]*; do
  line=
  [ ! -f "$file" ] || read -r line <"$file"
  case $line in "$1"*) print -r -- "\${file##*/hostname.}";; esac
done
`;

/** Names of wg(4) interfaces whose file begins with this mark; no program is run for it. */
export const tunnelsMarked = (mark: string): Fact<readonly string[]> =>
  fact('tunnels of mailtun', builtins(OWN, mark), text => text.split('\n').filter(name => /^wg\d+$/.test(name)));
