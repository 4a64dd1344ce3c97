import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forwardFault, goneFault } from '../../src/checks/forward-files.ts';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { parseForwardFiles } from '../../src/facts/forward-files.ts';
import { parseForwards, READ_FORWARDS } from '../../src/facts/forwards.ts';
import { pdksh } from '../hosts/shells.ts';
import { fleet, machines, NOW } from './machines.ts';

describe('a recipient who forwards mail', () => {
  const problems = (text: string, of = fleet) => {
    const all = machines({ mimando: { questions: { 'the forward files': text } } });
    const judged = judgeFleet(of, all, NOW * 1000);
    return all.flatMap(asked => hostStatus(asked, { all, judged, fleet: of, now: NOW * 1000 }).problems);
  };
  const forward = (address: string): string =>
    `local mimando.home.example\nforward jay ${address} /home/jay/.forward\n`;

  it('to an address outside loses mail from senders outside', () => {
    expect(problems(`${forward('jay@else.example')}forward jay j@elsewhere.example /home/jay/.forward\n`)).toEqual([
      {
        code: 'mail-forwarded-outside',
        what: 'mail for jay on mimando is forwarded outside, where mail from other senders is refused',
        evidence:
          '/home/jay/.forward: jay@else.example, j@elsewhere.example; carinho only sends mail from example.com, all other is lost without a bounce',
        remedy: 'on mimando: remove jay@else.example, j@elsewhere.example from /home/jay/.forward',
      },
    ]);
  });
  it('has it refused if bounces are sent', () => {
    const sending = { ...fleet, mail: { ...fleet.mail, bounces: { mode: 'send' as const, warnIntervals: [] } } };
    expect(problems(forward('jay@else.example'), sending)[0]?.evidence).toMatch(/all other is refused$/);
  });
  it.each(['postmaster@Example.com', 'jay@mimando.home.example', 'jay@localhost', 'root@carinho.lan'])(
    'to %s is no problem',
    address => {
      expect(problems(forward(address))).toEqual([]);
    },
  );
  it('to a user who does not exist is refused all mail', () => {
    const path = '/home/jay/.forward';
    const stat = `stat jay 1000 drwxr-xr-x 1000 512 /home/jay/.\nstat jay 1000 -rw------- 1000 9 ${path}\n`;
    expect(problems(`${stat}gone jay kim ${path}\n`)).toEqual([
      {
        code: 'forward-refused',
        what: `smtpd on mimando refuses mail for jay: kim in ${path} has no account`,
        evidence: `${path}: kim; id kim: no such user`,
        remedy: `on mimando: sed -Ei 's/(^|,)[[:blank:]]*\\\\?kim[[:blank:]]*(,|#.*|$)/\\1/' ${path}`,
      },
    ]);
    expect(problems(stat)).toEqual([]);
  });
  it('may have no forward file', () => {
    expect(problems('local mimando.lan\n')).toEqual([]);
    expect(problems('')).toEqual([]);
  });
});

describe.each(pdksh)('the forward files as a host reads them: %s', shell => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailtun-forwards-'));
    writeFileSync(
      join(folder, 'getent'),
      `#!/bin/sh\n[ -d "${folder}/$2" ] || exit 2; echo "$2:*:1000:1000:Jay:${folder}/$2:/bin/ksh"\n`,
    );
    chmodSync(join(folder, 'getent'), 0o755);
    // As OpenBSD's stat(1) says it, for the one format that is asked for.
    writeFileSync(
      join(folder, 'stat'),
      '#!/bin/sh\nf=${2%% %Sp*}; shift 2; for p; do [ -e "$p" ] || [ -L "$p" ] && /usr/bin/stat -c "$f %A %u %s %n" "$p"; done\n',
    );
    chmodSync(join(folder, 'stat'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (text: string | null, login = 'jay') => {
    rmSync(join(folder, 'jay'), { recursive: true, force: true });
    mkdirSync(join(folder, 'jay'));
    if (text !== null) writeFileSync(join(folder, 'jay', '.forward'), text);
    return words(login);
  };
  const words = (login: string): string =>
    execFileSync(shell, ['-c', READ_FORWARDS, 'forwards', login], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
  const addresses = (text: string | null, login?: string): readonly string[] =>
    parseForwards(read(text, login)).forwards.map(({ address }) => address);

  it.each<[string, string, readonly string[]]>([
    ['an address', 'jay@else.example\n', ['jay@else.example']],
    ['several, without a newline', 'jay, a+b@else.example,\n\n  x@y.example', ['a+b@else.example', 'x@y.example']],
    ['an address after a backslash, or a comment', '# a@b.example\n\\jay\nc@d.example # mine', ['c@d.example']],
    ['programs and files', '"|procmail -a x@y.example"\n|vacation x@y.example\n/var/x@y.example\n:include:/x@y', []],
    ['an error', 'error:550 ask x@y.example', []],
  ])('contain %s', (_, text, expected) => {
    expect(addresses(text)).toEqual(expected);
  });
  it.each<[string, readonly string[], string]>([
    ['jay, kim\n', ['kim'], 'jay,\n'],
    ['kim, jay\n', ['kim'], ' jay\n'],
    ['\\jay\n\\kim # left\nx@y.example', ['kim'], '\\jay\n\nx@y.example'],
    ['kim', ['kim'], ''],
    ['jay,kim,ana,akim', ['kim', 'ana', 'akim'], 'jay,'],
    ['jay, "|save kim, ana"\nkim\n', [], ''],
    ['jay, |save \\\nkim\n', [], ''],
    [':include:/kim\nkim\n', [], ''],
    ['* kim@y.example Kim kim+list', [], ''],
    ['', [], ''],
  ])('%j have the logins %j that do not exist, and the remedy takes them out', (text, names, left) => {
    const { gone } = parseForwards(read(text));
    const path = join(folder, 'jay', '.forward');
    expect(gone).toEqual(names.map(address => ({ login: 'jay', address, path })));
    const fault = goneFault(gone);
    expect(fault?.why ?? '').toContain(names.join(', '));
    if (!fault) return;
    execFileSync('/bin/sh', ['-c', fault.remedy]);
    expect(readFileSync(path, 'utf8')).toBe(left);
    expect(parseForwards(words('jay')).gone).toEqual([]);
  });
  it('are named with their path', () => {
    expect(parseForwards(read('x@y.example\n')).forwards).toEqual([
      { login: 'jay', address: 'x@y.example', path: join(folder, 'jay', '.forward') },
    ]);
  });
  it('are none if there is no file or no user, and smtpd does not follow a link', () => {
    expect(addresses(null)).toEqual([]);
    expect(addresses('x@y.example', 'nobody-at-all')).toEqual([]);
    writeFileSync(join(folder, 'secrets'), 'x@y.example\n');
    read(null);
    symlinkSync(join(folder, 'secrets'), join(folder, 'jay', '.forward'));
    expect(words('jay')).not.toContain('forward ');
  });
  it.each<[string, (home: string, file: string) => void, string | null]>([
    ['as they ought to be', () => {}, null],
    ['a home that is sticky', home => chmodSync(home, 0o1755), 'jay is sticky'],
    ['a home that is sticky, without a file', (home, file) => [rmSync(file), chmodSync(home, 0o1755)], 'jay is sticky'],
    ['a home that a group may write to', home => chmodSync(home, 0o775), 'others may write to'],
    ['that home without a file', (home, file) => [rmSync(file), chmodSync(home, 0o775)], null],
    ['a file that a group may write to', (_, file) => chmodSync(file, 0o664), '.forward'],
    ['a file that all may write to', (_, file) => chmodSync(file, 0o602), 'others may write to'],
    ['a file of somebody else', (_, file) => chownSync(file, 77, 0), 'belongs to uid 77'],
    ['a link', (_, file) => [rmSync(file), symlinkSync('/etc/passwd', file)], 'is a symbolic link'],
    ['a folder', (_, file) => [rmSync(file), mkdirSync(file)], 'is not a plain file'],
    ['a file of 4096 bytes', (_, file) => writeFileSync(file, 'x'.repeat(4096)), 'has 4096 bytes'],
    ['a home of somebody else', home => chownSync(home, 77, 0), 'belongs to uid 77'],
    ["a home of root's", home => chownSync(home, 0, 0), null],
  ])('are reported: %s', (_, make, why) => {
    read('x@y.example\n');
    const home = join(folder, 'jay');
    const file = join(home, '.forward');
    chmodSync(home, 0o755);
    chmodSync(file, 0o644);
    for (const path of [home, file]) chownSync(path, 1000, 1000);
    make(home, file);
    const fault = forwardFault(parseForwardFiles(words('jay')));
    if (why === null) expect(fault).toBeNull();
    else expect(fault?.why).toContain(why);
  });
  it('reveal only addresses of their text', () => {
    const text = read('secret\n"|curl -u jay:secret https://x@y.example"\nx@y.example secret\nmailuser secret@\n');
    expect(text).not.toContain('secret');
  });
});
