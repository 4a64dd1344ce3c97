import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labCalled } from '../driver/on-host.ts';

const lab = labCalled('refusals');

beforeAll(() => lab.up());
afterAll(() => lab.down());

const absent =
  'bash base64 curl flock gawk ip jq nproc python3 setsid sha256sum ss stdbuf sudo systemctl tac truncate wget';

/** Words that work on Linux and not on OpenBSD, and the exit status that the release gives them. */
const refused: readonly (readonly [words: string, exit: number, says: string])[] = [
  ['stat -c %a /etc/hosts', 1, 'stat: unknown option -- c'],
  ['head -c 3 /etc/hosts', 1, 'head: unknown option -- c'],
  ['date -d yesterday', 1, 'date: unknown option -- d'],
  ['grep -P a /etc/hosts', 2, 'grep: unknown option -- P'],
  ["grep 'a\\|b' /etc/hosts", 2, "is GNU's"],
  ['find /etc -printf x', 1, 'find: -printf: unknown option'],
  ['find -name hosts', 1, 'usage: find'],
  ['mktemp --suffix=.x', 1, 'mktemp: unknown option -- -'],
  ['mktemp /tmp/xXXXXX', 1, "insufficient number of Xs in template `/tmp/xXXXXX'"],
  ["sed -n '/a/,+1p' /etc/hosts", 1, 'expected context address'],
  ["sed -n '/a/{p}' /etc/hosts", 1, 'extra characters at the end of p command'],
  ["sed 's/a\\+/b/' /etc/hosts", 1, "is GNU's"],
  ["sed 's/a/\\n/' /etc/hosts", 1, "is GNU's"],
  ["sed 'a text' /etc/hosts", 1, 'command a expects \\ followed by text'],
  ['touch -d @0 /tmp/x', 1, 'touch: out of range or illegal time specification'],
  ['cp --parents /etc/hosts /tmp', 1, 'cp: unknown option -- -'],
  ['ln -sfT a /tmp/b', 1, 'ln: unknown option -- T'],
  ['mv -t /tmp /etc/hosts', 1, 'mv: unknown option -- t'],
  ['sort --version-sort /etc/hosts', 2, 'sort: unknown option -- -'],
  ['xargs -d , echo', 1, 'xargs: unknown option -- d'],
  ['ls --time-style=full', 1, 'ls: unknown option -- -'],
  ['ps --forest', 1, 'ps: unknown option -- -'],
  ['pgrep -a sh', 2, 'pgrep: unknown option -- a'],
  ['tail -n 1 --pid=1 /etc/hosts', 1, 'tail: unknown option -- -'],
  ['openssl s_client -brief', 1, 'unknown option -brief'],
  ['openssl x509 -in /etc/ssl/cert.pem -noout -ext subjectAltName', 1, 'unknown option -ext'],
  ['openssl req -x509 -noenc', 1, 'unknown option -noenc'],
  ['openssl s_client -connect [::1]:25', 1, 'no address associated with name'],
  ['ifconfig wg0 inet6', 1, 'wg0: no such interface'],
  ['ifconfig vio1 nosuchword', 1, 'ifconfig: nosuchword: bad value'],
  ['tar --create --file /tmp/x.tar /etc/hosts', 1, 'tar: unknown option -- -'],
];

describe('a lab host is not more forgiving than OpenBSD', () => {
  test('what base does not have does not exist', async () => {
    expect((await lab.on('mimando', `for name in ${absent}; do command -v $name; done`)).stdout).toBe('');
  });

  test.each(refused)('%s is refused', async (words, exit, says) => {
    const answer = await lab.on('mimando', words);
    expect(answer.exit).toBe(exit);
    expect(answer.stdout).toBe('');
    expect(answer.stderr).toContain(says);
  });

  test('a host in the role of 7.0 lacks what came later', async () => {
    const { must, on } = lab;
    await must('carinho', '/usr/libexec/lab/play 7.0');
    expect(await must('carinho', 'uname -sr; openssl version')).toBe('OpenBSD 7.0\nLibreSSL 3.4.1\n');
    const peer = 'ifconfig wg3 wgpeer WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';
    expect((await on('carinho', `${peer} wgdescr home`)).stderr).toBe('ifconfig: wgdescr: bad value\n');
    expect((await on('carinho', 'command -v seq')).stdout).toBe('');
    expect((await on('carinho', 'openssl genpkey -algorithm X25519')).exit).toBe(1);
    await must('carinho', '/usr/libexec/lab/play 7.6');
    expect(await must('carinho', `${peer} wgdescr home; ifconfig wg3 | grep -c wgdescr; ifconfig wg3 destroy`)).toBe(
      '1\n',
    );
  });
});
