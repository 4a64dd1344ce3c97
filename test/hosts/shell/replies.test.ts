import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { frame, prologue } from '../../../src/hosts/shell/frames.ts';
import { replyReader } from '../../../src/hosts/shell/replies.ts';
import { computing } from '../../computing.ts';
import { fc } from '../../properties.ts';
import { pdksh } from '../shells.ts';

const nonces = { marker: 'a'.repeat(32), end: 'b'.repeat(32) };
const marker = (words: string): Buffer => Buffer.from(`\n${nonces.marker} ${words}\n`);

/** Bytes that like to look like a marker. */
const output = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map(bytes => Buffer.from(bytes)),
      fc
        .constantFrom('\n', '\n\n', 'a'.repeat(31), `\n${'a'.repeat(31)}`, nonces.marker, `${nonces.marker} 0 0 0\n`)
        .map(Buffer.from),
    ),
    { maxLength: 6 },
  )
  .map(parts => Buffer.concat(parts))
  .filter(bytes => !Buffer.concat([Buffer.from(' '), bytes]).includes(`\n${nonces.marker} `));

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

test('output of any bytes, in chunks of any size, is split into its sections', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(output, output, fc.nat(255)), { maxLength: 5 }), sizes, sizes, (sections, a, b) => {
      const stream = (half: 0 | 1): Buffer =>
        Buffer.concat(sections.flatMap((section, index) => [section[half], marker(`0 ${index} ${section[2]}`)]));
      const reader = replyReader(nonces);
      const replies = [
        ...cut(stream(1), b).flatMap(chunk => reader.feed('stderr', chunk)),
        ...cut(stream(0), a).flatMap(chunk => reader.feed('stdout', chunk)),
      ];
      expect(replies).toEqual(
        sections.map(([stdout, stderr, exit], index) => ({ words: ['0', `${index}`, `${exit}`], stdout, stderr })),
      );
      expect(reader.restBytes()).toBe(0);
    }),
  );
});

test('a reply is complete when both streams have its marker', () => {
  const reader = replyReader(nonces);
  expect(reader.feed('stdout', Buffer.concat([Buffer.from('out'), marker('0 0 0')]))).toEqual([]);
  expect(reader.feed('stderr', marker('0 0 0'))).toHaveLength(1);
});

test('streams that disagree make a reply that is invalid', () => {
  const reader = replyReader(nonces);
  reader.feed('stdout', marker('0 0 0'));
  expect(reader.feed('stderr', marker('0 1 0'))[0]?.words).toEqual([]);
});

test('output before the first marker is kept for the message', () => {
  const reader = replyReader(nonces);
  reader.feed('stderr', Buffer.from('doas: Operation not permitted\n'));
  expect(reader.rest().stderr.toString()).toBe('doas: Operation not permitted\n');
  expect(reader.restBytes()).toBe(30);
});

test('what is read of small chunks grows with their number, not with its square', () => {
  const chunk = Buffer.alloc(1000, '\n');
  const reading = (chunks: number): number =>
    computing(() => {
      const reader = replyReader(nonces);
      for (let sent = 0; sent < chunks; sent += 1) reader.feed('stdout', chunk);
      expect(reader.restBytes()).toBe(chunks * 1000);
    });
  // The least of three, so that a garbage collection in between does not count.
  const least = (chunks: number): number => Math.min(reading(chunks), reading(chunks), reading(chunks));
  expect(least(4000) / least(500)).toBeLessThan(24);
});

test('the text of a frame is as a shell reads it', () => {
  const sections = [
    { kind: 'ask', label: 'not sent', script: "echo 'it'" },
    { kind: 'step', label: 'not sent', script: 'false' },
  ] as const;
  expect(prologue(nonces) + frame(0, sections, nonces, 'say() { echo "$@"; }')).toMatchInlineSnapshot(`
    "[ ! -O / ] || for _at in /etc/hostname.* /etc/rc.conf.local; do
    [ ! -f "$_at" ] || case $(<"$_at") in *rdomain*|*sshd_rtable*) exec /sbin/route -T 0 exec /bin/sh;; esac
    done
    unset ENV HISTFILE
    PATH=/usr/bin:/bin:/usr/sbin:/sbin:/usr/X11R6/bin:/usr/local/bin:/usr/local/sbin LC_ALL=C; export PATH LC_ALL
    umask 077; ulimit -S -c 0; cd /
    _mark() { echo "
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa $1" && echo "
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa $1" >&2 || exit 1; }
    _uid=0; [ -O / ] || _uid=$(id -u); _mark "start $_uid"; [ "$_uid" = 0 ] || exit 0
    say() { echo "$@"; }
    _failed=0
    ( eval 'echo '\\''it'\\'''; exit $? ) </dev/null; _mark "0 0 $?"
    if [ "$_failed" = 0 ]; then ( eval 'false'; exit $? ) </dev/null; _failed=$?; _mark "0 1 $_failed"; else _mark '0 1 -'; fi
    "
  `);
});

describe('a shell of an sshd in another routing table', () => {
  const etc = mkdtempSync(join(tmpdir(), 'mailtun-rtable-'));
  afterAll(() => rmSync(etc, { recursive: true }));
  const at = (name: string): string => join(etc, name);
  const route = at('route');
  const called = at('called');
  writeFileSync(route, `#!/bin/sh\necho "$@" >>${called}\nshift 3\nexec "$@"\n`, { mode: 0o755 });

  test.each([
    ['goes on in table 0 where an interface has a domain', 'inet 10.0.9.2/24\nrdomain 1\n', '', true],
    ['goes on in table 0 where rc.conf.local names one', 'inet autoconf\n', 'sshd_rtable=1\n', true],
    ['is not looked for where there is none', 'inet autoconf\n', 'smtpd_flags=\n', false],
  ])('%s', (_, interfaceText, rcText, expected) => {
    writeFileSync(at('hostname.vio1'), interfaceText);
    writeFileSync(at('rc.conf.local'), rcText);
    const text = prologue(nonces)
      .replace('/sbin/route', route)
      .replace('/etc/hostname.*', at('hostname.*'))
      .replace('/etc/rc.conf.local', at('rc.conf.local'))
      .replaceAll('-O /', '-d /');
    for (const shell of pdksh) {
      rmSync(called, { force: true });
      const said = execFileSync(shell, [], {
        input: `${text}echo done\n`,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      expect(said).toBe(`\n${nonces.marker} start 0\ndone\n`);
      expect(existsSync(called)).toBe(expected);
    }
  });
});

test('a long frame goes through sed, up to its own end', () => {
  const text = frame(3, [{ kind: 'ask', label: '', script: 'x'.repeat(2000) }], nonces);
  const [first, ...rest] = text.split('\n');
  expect(first).toBe(`if [ -n "\${KSH_VERSION:-}\${SH_VERSION:-}" ]; then eval "$(sed '/^#${nonces.end}$/q')"; fi`);
  expect(rest.slice(-3)).toEqual([`#${nonces.end}`, '', '']);
});
