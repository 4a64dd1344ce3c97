import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import type { Host } from '../../../src/hosts/fleet.ts';
import { ConnectionLost } from '../../../src/run/connection-lost.ts';
import { Failure } from '../../../src/run/failure.ts';
import { ask, type Desk, fleetOf, hostAt, openDesk, type Sshd, startSshd, step, trust } from './sshd.ts';

let desk: Desk;
let sshd: Sshd;
const servers: Server[] = [];

beforeAll(async () => {
  desk = openDesk();
  sshd = await startSshd(desk, 'namorar_key');
  trust(desk, `127.0.0.1,[127.0.0.1]:* ${sshd.hostKey}`);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await desk.clear();
});

/** A server on the loopback; its port. */
async function serve(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => {});
    talk(socket);
    socket.resume();
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Passes everything on to sshd, until it has passed so many bytes from there; then resets both connections. */
const cutAfter = (bytes: number): Promise<number> =>
  serve(socket => {
    const inner = connectTcp(sshd.port, '127.0.0.1');
    let passed = 0;
    const cut = (): void => {
      socket.resetAndDestroy();
      inner.destroy();
    };
    inner.on('error', cut);
    socket.on('close', () => inner.destroy());
    socket.pipe(inner);
    inner.on('data', (chunk: Buffer) => {
      const rest = chunk.subarray(0, bytes - passed);
      passed += rest.length;
      socket.write(rest, () => passed >= bytes && cut());
    });
    inner.on('end', () => socket.end());
  });

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    error => error,
  );

/** What keeps this process from ending, with that of the test itself. */
const holding = (kind: RegExp): string[] =>
  process
    .getActiveResourcesInfo()
    .filter(name => kind.test(name))
    .sort();
const held = () => ({ handles: holding(/(SocketWrap|PipeWrap|ProcessWrap)$/), timers: holding(/Timeout/).length });

/** Waits without a timer of its own until nothing more holds the process than before. */
async function nothingIsLeft(before: ReturnType<typeof held>): Promise<void> {
  const isLeft = (): boolean =>
    holding(/(SocketWrap|PipeWrap|ProcessWrap)$/).join() !== before.handles.join() || held().timers > before.timers;
  const patience = Date.now() + 2000;
  while (isLeft() && Date.now() < patience) await new Promise(resolve => setImmediate(resolve));
  expect(held().handles).toEqual(before.handles);
  expect(held().timers).toBeLessThanOrEqual(before.timers);
}

/** Connects and asks one question. */
const run = async (host: Host, seconds = 5): Promise<string> => {
  const options = { ...desk.options, connectTimeoutSeconds: seconds, silenceSeconds: seconds };
  const session = await connect(host, fleetOf(host), options);
  try {
    return `${(await session.exchange([ask('echo in', 'a question')]))[0]?.stdout}`;
  } finally {
    await session.close();
  }
};

const freePort = (): Promise<number> =>
  serve(() => {}).then(
    port =>
      new Promise(resolve => {
        (servers.pop() as Server).close(() => resolve(port));
      }),
  );

describe('a host that cannot be reached says why', () => {
  test.each<[string, () => Promise<Host>, RegExp, RegExp]>([
    [
      'nobody listens',
      async () => hostAt('a', await freePort()),
      /^127\.0\.0\.1 port \d+ refuses the connection$/,
      /rcctl check sshd/,
    ],
    [
      'the name does not exist',
      async () => hostAt('a', 22, { host: 'no-such-host.invalid' }),
      /^the name "no-such-host\.invalid" does not resolve|no name server answers$/,
      /ssh: host|resolv\.conf/,
    ],
    [
      'it accepts and says nothing',
      async () => hostAt('a', await serve(() => {})),
      /ended the connection before its greeting \(nothing for 0\.5 s\)/,
      /ssh -p \d+ -l root 127\.0\.0\.1/,
    ],
    [
      'it closes at once',
      async () => hostAt('a', await serve(socket => socket.end())),
      /ended the connection before its greeting/,
      /authlog/,
    ],
    [
      'it resets at once',
      async () => hostAt('a', await serve(socket => socket.resetAndDestroy())),
      /ended the connection before its greeting \(.*(reset|hung up|lost|RESET)/,
      /authlog/,
    ],
    [
      'it greets and says nothing more',
      async () => hostAt('a', await serve(socket => socket.write('SSH-2.0-OpenSSH_9.9\r\n'))),
      /during the key exchange \(nothing for 0\.5 s\)/,
      /ssh -p/,
    ],
    [
      'it greets and closes',
      async () => hostAt('a', await serve(socket => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))),
      /ended the connection during the key exchange/,
      /ssh -p/,
    ],
    [
      'it greets and talks rubbish',
      async () => hostAt('a', await serve(socket => socket.write(`SSH-2.0-OpenSSH_9.9\r\n${'rubbish'.repeat(100)}`))),
      /ended the connection during the key exchange/,
      /ssh -p/,
    ],
    [
      'it is a web server',
      async () =>
        hostAt(
          'a',
          await serve(socket => socket.once('data', () => socket.end('HTTP/1.1 400 Bad \u001b[31mRequest\r\n\r\n'))),
        ),
      /^127\.0\.0\.1 port \d+ is not an ssh server, it says "HTTP\/1\.1 400 Bad Request"$/,
      /ssh: port/,
    ],
    [
      'it is a mail server',
      async () => hostAt('a', await serve(socket => socket.write('220 mx1.example.com ESMTP OpenSMTPD\r\n'))),
      /is not an ssh server, it says "220 mx1/,
      /ssh: port/,
    ],
    [
      'it pours out bytes',
      async () => hostAt('a', await serve(socket => socket.write('x'.repeat(100_000)))),
      /is not an ssh server, it says "x+/,
      /ssh: port/,
    ],
    [
      'it punishes us',
      async () => hostAt('a', await serve(socket => socket.end('Not allowed at this time\r\n'))),
      /refuses this address temporarily \("Not allowed at this time"\)/,
      /PerSourcePenalties/,
    ],
  ])('%s', async (_name, host, what, remedy) => {
    const target = await host();
    const before = held();
    const failure = await failureOf(run(target, 0.5));
    await nothingIsLeft(before);
    expect(failure).toBeInstanceOf(Failure);
    expect([failure.what, failure.remedy, failure.where]).toEqual([
      expect.stringMatching(what),
      expect.stringMatching(remedy),
      'a',
    ]);
  });
});

describe('a login that is refused', () => {
  const withSettings = async (
    settings: readonly string[],
    ssh: Parameters<typeof hostAt>[2] = {},
  ): Promise<[Failure, Sshd]> => {
    const its = await startSshd(desk, 'namorar_key', settings);
    const failure = await failureOf(run(hostAt('a', its.port, ssh)));
    await its.stop();
    return [failure, its];
  };

  test('by key: names the refused keys and what sshd accepts, after one connection', async () => {
    const [failure, its] = await withSettings(['AuthorizedKeysFile none', 'PasswordAuthentication yes']);
    expect(failure.what).toBe(
      `root@127.0.0.1 accepts none of the keys (${desk.identity}: refused; it accepts publickey, password)`,
    );
    expect(failure.remedy).toContain('authorized_keys of root');
    expect(its.log().match(/Connection from/g)).toHaveLength(1);
  });

  test('because root must not log in', async () => {
    const [failure] = await withSettings(['PermitRootLogin no']);
    expect(failure.remedy).toContain('PermitRootLogin prohibit-password');
  });

  test('because AllowUsers does not name the user, which the log of sshd alone says', async () => {
    const [failure, its] = await withSettings(['AllowUsers ana']);
    expect(its.log()).toContain('not listed in AllowUsers');
    expect(failure.remedy).toContain('/var/log/authlog has the reason, such as AllowUsers');
  });

  test('because sshd accepts no keys, or requires more than a key', async () => {
    const [none] = await withSettings(['PubkeyAuthentication no', 'PasswordAuthentication yes']);
    expect(none.what).toBe('root@127.0.0.1 cannot log in with a key alone; it accepts password');
    const [more] = await withSettings(['AuthenticationMethods publickey,password', 'PasswordAuthentication yes']);
    expect(more.what).toBe('root@127.0.0.1 cannot log in with a key alone; it accepts password');
  });

  test('because sshd accepts no more keys', async () => {
    const [failure] = await withSettings(['AuthorizedKeysFile none', 'MaxAuthTries 1']);
    expect(failure.what).toMatch(/accepts none of the keys|accepts no more keys/);
  });

  test('because the inventory names a key file that does not exist', async () => {
    const [failure, its] = await withSettings([], { identityFile: '/nowhere/id' });
    expect(failure.what).toBe('identity_file "/nowhere/id" does not exist, is not readable or is not a key');
    expect(its.log()).not.toContain('Connection from');
  });

  test('because there is no key at all', async () => {
    writeFileSync(
      desk.path('nothing'),
      `Host *\nIdentityFile none\nIdentityAgent none\nUserKnownHostsFile ${desk.knownHosts}\n`,
    );
    const host = hostAt('a', sshd.port);
    const failure = await failureOf(
      connect(host, fleetOf(host), { ...desk.options, sshConfigFile: desk.path('nothing') }),
    );
    expect(failure.what).toContain('there is no key to log in with as root');
    expect(failure.remedy).toBe('ssh-add your key, or set it under ssh: identity_file');
  });

  test('by a host that has only obsolete ciphers', async () => {
    const [failure] = await withSettings(['Ciphers aes128-cbc']);
    expect(failure.what).toContain('no algorithm in common');
  });

  test.each([
    ['sessions', ['MaxSessions 0'], /^sshd at 127\.0\.0\.1 refuses a session/],
    ['a shell', ['ForceCommand echo This account is currently not available.; exit 1'], /^the login has no shell/],
    [
      'a shell that lasts',
      ['ForceCommand exit 3'],
      // Where sshd finds its own socket gone first, it closes the channel without an exit status.
      /^\/bin\/sh did not start: it (ended with exit status 3|was closed), without a message$/,
    ],
    ['more than sftp', ['ForceCommand internal-sftp'], /did not start|allows this user sftp only/],
  ])('by a host that provides no %s', async (_name, settings, what) => {
    expect((await withSettings(settings))[0].what).toMatch(what);
  });

  test('by doas', async () => {
    const [failure] = await withSettings([], { become: 'doas' });
    expect(failure.what).toMatch(/^(doas|there is no doas)/);
    expect(failure.remedy).toMatch(/doas\.conf/);
  });

  test('by a host key that is unknown, changed or revoked, before any key is offered', async () => {
    const known: [string, RegExp][] = [
      ['# nobody', /^the host key of \[127\.0\.0\.1\]:\d+ is not known: SHA256:/],
      [
        `[127.0.0.1]:* ${execFileSync('cut', ['-d ', '-f1,2', `${desk.identity}.pub`])}`,
        /^the host key has changed: it is SHA256:.*known_hosts:1 has a different one/,
      ],
      [`@revoked * ${sshd.hostKey}`, /is marked @revoked at .*known_hosts:1$/],
    ];
    const before = sshd.log().match(/Connection from/g)?.length ?? 0;
    for (const [line, what] of known) {
      trust(desk, line);
      expect((await failureOf(run(hostAt('a', sshd.port)))).what).toMatch(what);
    }
    trust(desk, `127.0.0.1,[127.0.0.1]:* ${sshd.hostKey}`);
    expect((sshd.log().match(/Connection from/g)?.length ?? 0) - before).toBe(3);
    expect(sshd.log()).not.toMatch(/Failed publickey/);
  });

  test('by the jump host: names the one that refuses', async () => {
    const port = await freePort();
    const outer = hostAt('carinho', port);
    const inner = hostAt('mimando', sshd.port, { jump: 'carinho' });
    const failure = await failureOf(connect(inner, fleetOf(outer, inner), desk.options));
    expect([failure.where, failure.what]).toEqual([
      'mimando',
      `the connection goes through carinho: 127.0.0.1 port ${port} refuses the connection`,
    ]);
    const strict = await startSshd(desk, 'namorar_key', ['AllowTcpForwarding no']);
    const through = await failureOf(connect(inner, fleetOf(hostAt('carinho', strict.port), inner), desk.options));
    expect([through.where, through.what]).toEqual([
      'mimando',
      expect.stringMatching(/^carinho does not connect to 127\.0\.0\.1 port \d+/),
    ]);
    expect(through.remedy).toContain('AllowTcpForwarding');
    await strict.stop();
  });

  test('by a ProxyCommand that fails, with its message', async () => {
    writeFileSync(
      desk.path('proxy'),
      `Host *\nProxyCommand echo broken pipe fitting >&2; exit 4\nIdentityFile ${desk.identity}\nIdentityAgent none\n`,
    );
    const host = hostAt('a', 22);
    const failure = await failureOf(
      connect(host, fleetOf(host), { ...desk.options, sshConfigFile: desk.path('proxy') }),
    );
    expect(failure.what).toMatch(/broken pipe fitting|ended the connection before its greeting/);
  });
});

describe('a connection that breaks', () => {
  test('after any number of bytes ends in a Failure that names the host, and the next run works', async () => {
    const whole = await cutAfter(Number.POSITIVE_INFINITY);
    expect(await run(hostAt('a', whole))).toBe('in\n');
    const outcomes = new Map<string, number>();
    for (let bytes = 1; bytes < 4500; bytes = Math.ceil(bytes * 1.05 + 37)) {
      const host = hostAt('a', await cutAfter(bytes));
      const outcome = await run(host).catch(error => error);
      if (outcome !== 'in\n') {
        expect(outcome).toBeInstanceOf(Failure);
        expect(outcome.where).toBe('a');
        expect(outcome.remedy).not.toBe('');
      }
      const kind =
        typeof outcome === 'string'
          ? outcome
          : outcome.what
              .replace(/127.*connection/, '')
              .replace(/\(.*/, '')
              .trim();
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        expect.stringContaining('before its greeting'),
        expect.stringContaining('during the key exchange'),
        expect.stringContaining('after the login'),
        'in\n',
      ]),
    );
    for (const server of servers.splice(0)) server.close();
    expect(await run(hostAt('a', sshd.port))).toBe('in\n');
  });

  test('in the middle of an exchange keeps the answers before it', async () => {
    let line: Socket | undefined;
    const port = await serve(socket => {
      line = socket;
      const inner = connectTcp(sshd.port, '127.0.0.1');
      inner.on('error', () => {});
      socket.on('close', () => inner.destroy());
      socket.pipe(inner).pipe(socket);
    });
    const host = hostAt('a', port);
    const session = await connect(host, fleetOf(host), desk.options);
    const marker = desk.path('reached');
    const failure = await failureOf(
      session.exchange([step('echo one'), step('sleep 0.2', 'smtpd: restart'), step(`touch ${marker}`)], {
        onAnswer: () => line?.resetAndDestroy(),
      }),
    );
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.what).toMatch(/^the shell has ended \(.*reset.*\) while running "smtpd: restart"$/);
    expect((failure as ConnectionLost).answers.map(answer => answer?.exit)).toEqual([0, undefined, undefined]);
    await session.close();
  });

  test('without an error is given up when nothing came for as long as the host may be silent, at whatever stage', async () => {
    for (const bytes of [10, 1200, 2000]) {
      const port = await serve(socket => {
        const inner = connectTcp(sshd.port, '127.0.0.1');
        let passed = 0;
        socket.pipe(inner);
        inner.on('error', () => {});
        socket.on('close', () => inner.destroy());
        inner.on('data', (chunk: Buffer) => {
          socket.write(chunk.subarray(0, Math.max(0, bytes - passed)));
          passed += chunk.length;
        });
      });
      const failure = await failureOf(run(hostAt('a', port), 0.4));
      expect(failure).toBeInstanceOf(Failure);
      expect(failure.what).toMatch(/\b0\.4 s\b/);
    }
  });
});
