import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { shellSession } from '../../../src/hosts/shell/shell.ts';
import type { ShellOptions, ShellStreams } from '../../../src/hosts/shell/shell-streams.ts';
import { builtins } from '../../../src/run/command.ts';
import { ConnectionLost } from '../../../src/run/connection-lost.ts';
import type { Session } from '../../../src/run/exchange.ts';
import { shells } from '../shells.ts';
import { ask, step } from '../ssh/sshd.ts';

const open: Session[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(session => session.close()));
});

/** A shell of this machine; what it is told goes through `listen` first. */
function streamsOf(
  words: readonly string[],
  uid = 0,
  listen: (text: string) => void = () => {},
): ShellStreams & { pid: number } {
  const child = spawn(words[0] as string, words.slice(1), { uid, gid: uid });
  const write = child.stdin.write.bind(child.stdin);
  child.stdin.write = ((text: string) => {
    listen(text);
    return write(text);
  }) as typeof child.stdin.write;
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended: new Promise(resolve =>
      child.once('close', (exit, signal) =>
        resolve({ of: 'shell', how: signal ? `it was killed by ${signal}` : `it ended with exit status ${exit}` }),
      ),
    ),
    async close() {
      child.kill('SIGKILL');
    },
  };
}

function sessionOf(streams: ShellStreams, options: Partial<ShellOptions> = {}): Session {
  const session = shellSession('namorar', streams, { become: null, ...options });
  open.push(session);
  return session;
}

const texts = (answers: Awaited<ReturnType<Session['exchange']>>) =>
  answers.map(answer => answer && [answer.exit, answer.stdout.toString('latin1'), answer.stderr.toString('latin1')]);

/** What went wrong, or a failing test. */
const failureOf = (promise: Promise<unknown>): Promise<ConnectionLost> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    error => error,
  );

describe.each(shells)('over %s', shell => {
  test('no section leaves a core file', async () => {
    const session = sessionOf(streamsOf([shell]));
    expect(texts(await session.exchange([ask('ulimit -c'), ask('(ulimit -c)')]))).toEqual([
      [0, '0\n', ''],
      [0, '0\n', ''],
    ]);
  });

  test('each section is answered with its own status, output and errors', async () => {
    const session = sessionOf(streamsOf([shell]));
    const answers = await session.exchange([
      ask('echo out; echo err >&2'),
      ask('exit 7'),
      ask('printf "no newline"; printf "nor here" >&2; false'),
      ask(':'),
      ask('echo; echo'),
    ]);
    expect(texts(answers)).toEqual([
      [0, 'out\n', 'err\n'],
      [7, '', ''],
      [1, 'no newline', 'nor here'],
      [0, '', ''],
      [0, '\n\n', ''],
    ]);
  });

  test('what begins early is answered last, and runs beside the others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailtun-early-'));
    const session = sessionOf(streamsOf([shell]));
    try {
      // Each waits for the other, the first with more output than fits into a pipe.
      const early = `mkfifo ${folder}/a ${folder}/b.new; mv ${folder}/b.new ${folder}/b; cat ${folder}/a
        i=0; while [ $i -lt 20000 ]; do echo "0123456789"; i=$((i + 1)); done; cat; echo end; exit 9`;
      const other = `until [ -p ${folder}/b ]; do sleep 0.05; done; echo met >${folder}/a; echo err >&2; exit 3`;
      const answers = await session.exchange([
        ask(other),
        { kind: 'ask', label: 'shared', script: 'echo not sent', shared: builtins('echo "$1"', 'shared') },
        step('echo step; false'),
        step('echo never'),
        { ...ask(early), isEarly: true },
      ]);
      expect(texts(answers.slice(0, 4))).toEqual([[3, '', 'err\n'], [0, 'shared\n', ''], [1, 'step\n', ''], null]);
      expect(answers[4]?.exit).toBe(0);
      expect(answers[4]?.stdout.toString()).toBe(`met\n${'0123456789\n'.repeat(20_000)}end\n`);
      expect(texts(await session.exchange([ask('echo next')]))).toEqual([[0, 'next\n', '']]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('what begins early alone, or with text that is no shell text, is answered', async () => {
    const session = sessionOf(streamsOf([shell]));
    expect(texts(await session.exchange([{ ...ask('echo alone'), isEarly: true }]))).toEqual([[0, 'alone\n', '']]);
    const [first, broken] = await session.exchange([ask('echo well'), { ...ask('if then ('), isEarly: true }]);
    expect(first?.stdout.toString()).toBe('well\n');
    expect(broken?.exit).toBe(0);
    expect(texts(await session.exchange([ask('echo too')]))).toEqual([[0, 'too\n', '']]);
  });

  test('after a step that failed, other steps are skipped and questions are not', async () => {
    const session = sessionOf(streamsOf([shell]));
    const answers = await session.exchange([
      step('echo one'),
      ask('false'),
      step('exit 3'),
      step('echo never'),
      ask('echo still'),
      step('echo never'),
    ]);
    expect(texts(answers)).toEqual([[0, 'one\n', ''], [1, '', ''], [3, '', ''], null, [0, 'still\n', ''], null]);
    const [next] = await session.exchange([step('echo again')]);
    expect(next?.stdout.toString()).toBe('again\n');
  });

  test.each([
    'if then (',
    'case x in',
    'echo "',
    "echo '",
    'echo ${',
    '$(',
    '`',
    'for',
    '}',
    '{',
    '((',
    'cat <<E',
    'echo \\',
  ])('a section with invalid shell text (%s) affects only itself', async broken => {
    const session = sessionOf(streamsOf([shell]));
    const answers = await session.exchange([ask(broken), ask('echo well')]);
    expect(answers[1]?.stdout.toString()).toBe('well\n');
    expect(texts(await session.exchange([ask('echo too')]))).toEqual([[0, 'too\n', '']]);
  });

  test('a section can read nothing of what follows it, and change nothing for it', async () => {
    const session = sessionOf(streamsOf([shell]));
    const answers = await session.exchange([
      ask('cat; read line; echo "[$line]"'),
      ask(
        'cd /tmp; umask 0; PATH=/none; LC_ALL=POSIX; set -e -u; exec >/dev/null 2>&1; _mark() { :; }; _failed=1; exit',
      ),
      step('pwd; umask; echo "$PATH $LC_ALL"'),
      ask('trap "echo bye" EXIT; exec 0<&- 1>&1; exit 4'),
      ask('trap "echo bye too" EXIT; false'),
    ]);
    expect(texts(answers)).toEqual([
      [0, '[]\n', ''],
      [0, '', ''],
      [0, '/\n0077\n/usr/bin:/bin:/usr/sbin:/sbin:/usr/X11R6/bin:/usr/local/bin:/usr/local/sbin C\n', ''].map(each =>
        typeof each === 'string'
          ? each.replace('0077', answers[2]?.stdout.toString().match(/0+77/)?.[0] ?? '0077')
          : each,
      ),
      [4, 'bye\n', ''],
      [1, 'bye too\n', ''],
    ]);
  });

  test('functions of the prelude exist in every section of every exchange', async () => {
    const session = sessionOf(streamsOf([shell]), { prelude: 'say() {\n  echo "said $1"\n}\nloud=yes' });
    expect(texts(await session.exchange([ask('say a'), ask('say $loud')]))).toEqual([
      [0, 'said a\n', ''],
      [0, 'said yes\n', ''],
    ]);
    expect(texts(await session.exchange([ask('say b')]))).toEqual([[0, 'said b\n', '']]);
  });

  test('all bytes are returned, even a megabyte on each stream', async () => {
    const session = sessionOf(streamsOf([shell]));
    const octal = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const answers = await session.exchange([
      ask(`printf '${octal}'`),
      ask('f=$(mktemp) && dd if=/dev/urandom of=$f bs=65536 count=16 2>/dev/null; cat $f; cat $f >&2; rm $f'),
    ]);
    expect(answers[0]?.stdout).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    expect(answers[1]?.stdout.length).toBe(1024 * 1024);
    expect(answers[1]?.stderr.equals(answers[1].stdout)).toBe(true);
  });

  test('a script of 300 KB runs, and nothing of it is in an argument list', async () => {
    const streams = streamsOf([shell]);
    const session = sessionOf(streams);
    const secret = 'marked-secret '.repeat(22_000);
    const answers = await session.exchange([
      ask(`text='${secret}'; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo "\${#text}"`),
    ]);
    const said = answers[0]?.stdout.toString() ?? '';
    expect(said.trim().endsWith(String(secret.length))).toBe(true);
    expect(said).toContain(shell);
    expect(said).not.toContain('marked-secret');
    expect(readFileSync(`/proc/${streams.pid}/cmdline`, 'latin1')).toBe(`${shell}\0`);
  });

  test('a frame with hundreds of sections and hundreds of frames take a round trip each', async () => {
    const session = sessionOf(streamsOf([shell]));
    const many = await session.exchange(Array.from({ length: 300 }, (_, index) => ask(`echo ${index}`)));
    expect(many.map(answer => Number(answer?.stdout))).toEqual(Array.from({ length: 300 }, (_, index) => index));
    const frames = await Promise.all(
      Array.from({ length: 200 }, (_, index) => session.exchange([ask(`echo ${index}`)])),
    );
    expect(frames.map(([answer]) => Number(answer?.stdout))).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(session.roundTrips).toBe(201);
  });

  test('answers are passed on as they arrive, before the last one', async () => {
    const session = sessionOf(streamsOf([shell]));
    const seen: string[] = [];
    const file = join(tmpdir(), `mailtun-answers-${process.pid}`);
    const last = ask(`until [ -e ${file} ]; do sleep 0.02; done; rm ${file}`);
    const exchange = session.exchange([step('echo a'), step('false'), step('echo c'), last], {
      onAnswer: (index, answer) => seen.push(`${index} ${answer?.exit ?? 'passed over'}`),
    });
    await expect.poll(() => seen, { interval: 5, timeout: 5000 }).toEqual(['0 0', '1 1', '2 passed over']);
    writeFileSync(file, '');
    await exchange;
    expect(seen).toHaveLength(4);
  });

  test('a section that kills the shell is named, with the answers before it', async () => {
    const session = sessionOf(streamsOf([shell]));
    const failure = await failureOf(
      session.exchange([ask('echo one'), step('kill -9 $$', 'smtpd: restart'), step('echo never')]),
    );
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.what).toBe('the shell has ended (it was killed by SIGKILL) while running "smtpd: restart"');
    expect(failure.running).toBe('smtpd: restart');
    expect(failure.answers.map(answer => answer?.stdout.toString())).toEqual(['one\n', undefined, undefined]);
    const later = await failureOf(session.exchange([ask('echo')]));
    expect([later instanceof ConnectionLost, later.running, later.answers]).toEqual([true, null, []]);
  });

  test('steps are not run after the connection of their shell has ended', async () => {
    const streams = streamsOf([shell]);
    const session = sessionOf(streams);
    const file = `/tmp/mailtun-test-${streams.pid}`;
    const steps = [step('echo begun'), step('sleep 0.2'), step(`: >${file}`), ask(`: >${file}`)];
    const breakOff = (): void => {
      // As sshd does it when a connection breaks: the shell is left to itself, without anyone at the other ends.
      streams.stdout.destroy();
      streams.stderr.destroy();
    };
    const running = failureOf(session.exchange(steps, { onAnswer: breakOff }));
    const [ending] = await Promise.all([streams.ended, running]);
    expect(ending.how).toMatch(/exit status|SIGPIPE/);
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  test('a shell that does not run as root is refused before it has run anything', async () => {
    const heard: string[] = [];
    const session = sessionOf(streamsOf([shell], 65534, text => heard.push(text)));
    const failure = await failureOf(session.exchange([ask('echo ran >&2; kill $$')]));
    expect(failure.what).toBe('the shell on the host does not run as root (id -u prints "65534")');
    expect(failure.remedy).toContain('become: doas');
    expect(heard).toHaveLength(1);
  });
});

describe('a host that does not behave', () => {
  const [shell = ''] = shells;

  test.each([
    ['a banner before the shell', 'echo Welcome; echo "last login: never" >&2; exec /bin/sh'],
    ['half a line before the shell', 'printf Welcome; printf "half a" >&2; exec /bin/sh'],
    ['binary rubbish before the shell', 'head -c 5000 /dev/urandom; head -c 5000 /dev/urandom >&2; exec /bin/sh'],
  ])('%s is not part of any answer', async (_name, rubbish) => {
    const session = sessionOf(streamsOf([shell, '-c', rubbish]));
    expect(texts(await session.exchange([ask('echo a')]))).toEqual([[0, 'a\n', '']]);
  });

  test.each([
    ['doas: doas is not enabled, /etc/doas.conf: No such file or directory', 'doas is not enabled on the host'],
    ['doas: Authentication required', 'doas asks for a password'],
    ['doas: Authorization required', 'doas asks for a password'],
    ['doas: syntax error at line 3', 'doas rejects its configuration'],
    ['doas: unterminated quotes in column 9 at line 1', 'doas rejects its configuration'],
    ['doas: /etc/doas.conf is writable by group or other', 'doas rejects its configuration'],
    ['doas: /etc/doas.conf is not owned by root', 'doas rejects its configuration'],
    ['doas: Operation not permitted', 'doas does not let this login become root'],
    ['This account is currently not available.', 'the login has no shell'],
    ['ksh: /usr/bin/doas: not found', 'there is no doas on the host'],
  ])('%s', async (sentence, what) => {
    const session = sessionOf(streamsOf([shell, '-c', 'echo "$0" >&2; exit 1', sentence]), { become: 'doas' });
    const failure = await failureOf(session.exchange([ask('echo')]));
    expect(failure).not.toBeInstanceOf(ConnectionLost);
    expect(failure.what).toBe(`${what} (${sentence})`);
    expect(failure.where).toBe('namorar');
    expect(failure.remedy).toMatch(/doas\.conf|chsh/);
  });

  test('any other refusal is reported with its message, without control characters', async () => {
    const session = sessionOf(streamsOf([shell, '-c', 'printf "\\033[31mGo\\taway\\007\\n"; exit 9']));
    const failure = await failureOf(session.exchange([ask('echo')]));
    expect(failure.what).toBe('/bin/sh did not start: it ended with exit status 9: "Go away"');
  });

  test('a shell that never answers is given up in time', async () => {
    const session = sessionOf(streamsOf([shell, '-c', 'exec sleep 5']), { silenceSeconds: 0.1 });
    const failure = await failureOf(session.exchange([ask('echo')]));
    expect(failure.what).toBe('/bin/sh did not start: it did not answer in 0.1 s, without a message');
  });

  test('a program that prints for ever and is not a shell is given up too', async () => {
    const session = sessionOf(streamsOf([shell, '-c', 'while :; do echo no shell here; sleep 0.01; done']), {
      silenceSeconds: 0.3,
    });
    expect((await failureOf(session.exchange([ask('echo')]))).what).toContain('it did not answer in 0.3 s');
    const flood = sessionOf(streamsOf(['/usr/bin/yes']));
    expect((await failureOf(flood.exchange([ask('echo')]))).what).toContain('more than 1 MB of other output');
  });

  test('a section without an end is given up, however much it prints', async () => {
    const session = sessionOf(streamsOf([shell]), { silenceSeconds: 5, longestSeconds: 0.6 });
    const failure = await failureOf(
      session.exchange([
        ask('sleep 0.4'),
        ask('sleep 0.4'),
        { ...step('while :; do echo; sleep 0.1; done'), label: 'drips' },
      ]),
    );
    expect(failure.what).toBe('no end in 0.6 s while running "drips"');
    expect(failure.answers).toHaveLength(3);
  });

  test('a silence names the section, and any output restarts the timeout', async () => {
    const session = sessionOf(streamsOf([shell]), { silenceSeconds: 0.8 });
    await session.exchange([ask('for i in 1 2 3 4; do sleep 0.3; echo $i; done')]);
    const failure = await failureOf(session.exchange([ask('echo quick'), step('sleep 9', 'smtpd: wait for it')]));
    expect(failure.what).toBe('not a byte in 0.8 s while running "smtpd: wait for it"');
    expect(failure.answers[0]?.stdout.toString()).toBe('quick\n');
  });

  test('a host that cannot start a process is reported at once, from the message of its shell', async () => {
    const session = sessionOf(streamsOf([shell]));
    const failing = step('echo "sh: <stdin>[7]: cannot fork - try again" >&2; sleep 9', 'smtpd: restart');
    const failure = await failureOf(session.exchange([ask('echo quick'), failing]));
    expect(failure.what).toBe('the host cannot start another process while running "smtpd: restart"');
    expect(failure.remedy).toContain('kern.maxproc');
    const refused = sessionOf(streamsOf([shell, '-c', 'echo "ksh: cannot fork - try again" >&2; exit 1']));
    expect((await failureOf(refused.exchange([ask('echo')]))).what).toBe(
      'the host cannot start another process (ksh: cannot fork - try again)',
    );
  });

  test('an endless answer is given up', async () => {
    const session = sessionOf(streamsOf([shell]));
    const failure = await failureOf(session.exchange([ask('yes', 'tunnel: routes')]));
    expect(failure.what).toBe('more than 64 MB of output while running "tunnel: routes"');
  });

  test('a closed session no longer answers', async () => {
    const session = sessionOf(streamsOf([shell]));
    const running = failureOf(session.exchange([ask('sleep 5', 'a nap')]));
    await session.close();
    expect((await running).what).toBe('mailtun closed the connection while running "a nap"');
    expect((await failureOf(session.exchange([ask('echo')]))).where).toBe('namorar');
  });

  test('a script that contains NUL is a bug, and nothing is sent', async () => {
    const session = sessionOf(streamsOf([shell]));
    await expect(session.exchange([ask('echo \0')])).rejects.toThrow(TypeError);
    expect(texts(await session.exchange([ask('echo a')]))).toEqual([[0, 'a\n', '']]);
    expect(session.roundTrips).toBe(1);
  });
});
