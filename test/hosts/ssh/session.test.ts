import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import type { Host } from '../../../src/hosts/fleet.ts';
import { fingerprint } from '../../../src/hosts/ssh/known-hosts.ts';
import { createPool } from '../../../src/hosts/ssh/pool.ts';
import type { Session } from '../../../src/run/exchange.ts';
import { openLine } from '../../lab/driver/line.ts';
import { shells } from '../shells.ts';
import { ask, type Desk, fleetOf, hostAt, makeKey, openDesk, type Sshd, startSshd, step, trust } from './sshd.ts';

let desk: Desk;
let sshd: Sshd;
let host: Host;
const open: Session[] = [];

beforeAll(async () => {
  desk = openDesk();
  sshd = await startSshd(desk, 'namorar_key');
  host = hostAt('namorar', sshd.port);
  trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(session => session.close()));
});
afterAll(async () => {
  await desk.clear();
});

const connected = async (to: Host, options = desk.options, fleet = fleetOf(to)): Promise<Session> => {
  const session = await connect(to, fleet, options);
  open.push(session);
  return session;
};

const logins = (of: Sshd): number => of.log().match(/Accepted publickey/g)?.length ?? 0;

test('an exchange of questions and steps takes one round trip', async () => {
  const session = await connected(host, { ...desk.options, prelude: 'say() { echo "said $1"; }' });
  expect([session.host, session.roundTrips]).toEqual(['namorar', 0]);
  const answers = await session.exchange([ask('say hello'), step('exit 3'), step('say never'), ask('cat >&2; pwd')]);
  expect(answers.map(answer => answer && [answer.exit, `${answer.stdout}`, `${answer.stderr}`])).toEqual([
    [0, 'said hello\n', ''],
    [3, '', ''],
    null,
    [0, '/\n', ''],
  ]);
  await session.exchange([ask('say again')]);
  expect(session.roundTrips).toBe(2);
});

test('a login waits for sshd six times before its first frame is sent: greeting, algorithms, key, login, channel, command', async () => {
  const line = await openLine('127.0.0.1', sshd.port, { roundTripMilliseconds: 100 });
  trust(desk, `[127.0.0.1]:${sshd.port},[127.0.0.1]:${line.port} ${sshd.hostKey}`);
  try {
    const session = await connected(hostAt('namorar', line.port));
    const [answer] = await session.exchange([ask('echo "$SHELL"')]);
    expect(answer?.exit).toBe(0);
    // sshd gives a channel no window before it has started the command (session.c), so the frame can't go ahead of that.
    expect(line.turns).toBe(6);
    await session.exchange([ask(':')]);
    expect(line.turns).toBe(7);
  } finally {
    line.close();
    trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  }
});

test('megabytes are transferred in both directions', async () => {
  const session = await connected(host);
  const text = 'all work and no play\n'.repeat(100_000);
  const [there, back] = await session.exchange([
    ask(`text='${text}'; echo "\${#text}"`),
    ask('dd if=/dev/zero bs=65536 count=48 2>/dev/null; dd if=/dev/zero bs=65536 count=48 2>/dev/null | cat >&2'),
  ]);
  expect(`${there?.stdout}`).toBe(`${text.length}\n`);
  expect([back?.stdout.length, back?.stderr.length]).toEqual([3 * 1024 * 1024, 3 * 1024 * 1024]);
});

test.each(shells)('frames of any size reach %s completely, one after the other', async shell => {
  const its = await startSshd(desk, 'shell_key', [`ForceCommand exec ${shell}`]);
  const pin = fingerprint(Buffer.from(its.hostKey.split(' ')[1] ?? '', 'base64'));
  const session = await connected(hostAt('shell', its.port, { hostKey: pin }));
  for (const bytes of [0, 1, 511, 512, 4096, 65_536, 1_500_000]) {
    const [answer] = await session.exchange([ask(`text='${'x'.repeat(bytes)}'; echo "\${#text}"`)]);
    expect(`${answer?.stdout}`).toBe(`${bytes}\n`);
  }
  await session.close();
  await its.stop();
});

test('sshd need not sign with all its host keys, although it announces them', async () => {
  const its = await startSshd(desk, 'talkative_key', ['LogLevel DEBUG1']);
  const pin = fingerprint(Buffer.from(its.hostKey.split(' ')[1] ?? '', 'base64'));
  const session = await connected(hostAt('talkative', its.port, { hostKey: pin }));
  await session.exchange([ask('echo')]);
  await session.exchange([ask('echo')]);
  expect(its.log()).toContain('req exec');
  expect(its.log()).not.toMatch(/hostkeys-prove|Got 8[12]\//);
  await session.close();
  await its.stop();
});

test('ten hosts at the same time each have their own login', async () => {
  const before = logins(sshd);
  const hosts = Array.from({ length: 10 }, (_, index) => hostAt(`host${index}`, sshd.port));
  const pool = createPool();
  const answers = await Promise.all(
    hosts.map(async each => (await connected(each, { ...desk.options, pool })).exchange([ask(`echo ${each.name}`)])),
  );
  expect(answers.map(([answer]) => `${answer?.stdout}`)).toEqual(hosts.map(({ name }) => `${name}\n`));
  expect(logins(sshd) - before).toBe(10);
});

test('a pool shares the login of a host; without it, there is a new connection', async () => {
  const before = logins(sshd);
  const pool = createPool();
  const first = await connected(host, { ...desk.options, pool });
  const second = await connected(host, { ...desk.options, pool });
  await first.close();
  expect(`${(await second.exchange([ask('echo still here')]))[0]?.stdout}`).toBe('still here\n');
  expect(logins(sshd) - before).toBe(1);
  await (await connected(host)).exchange([ask('echo')]);
  expect(logins(sshd) - before).toBe(2);
  await second.close();
  await (await connected(host, { ...desk.options, pool })).exchange([ask('echo')]);
  expect(logins(sshd) - before).toBe(3);
});

test('neither a script nor a secret is in any argument list while it runs', async () => {
  const seen = new Set<string>();
  const sample = setInterval(() => {
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim());
      } catch {
        // It ended between the two calls.
      }
  }, 5);
  const session = await connected(host);
  await session.exchange([
    ask('secret=marked-secret; sleep 0.2; echo "$secret" >/dev/null'),
    step("x='marked-secret'; sleep 0.1"),
  ]);
  clearInterval(sample);
  expect([...seen].some(line => line === '/bin/sh')).toBe(true);
  expect([...seen].filter(line => /marked-secret|_mark|eval/.test(line) && !line.includes('vitest'))).toEqual([]);
});

test('nothing still runs on the host when the session is closed', async () => {
  const session = await connected(host);
  const [answer] = await session.exchange([ask('echo $$ $PPID')]);
  const pids = `${answer?.stdout}`.trim().split(' ');
  await session.close();
  const isThere = (pid: string): boolean =>
    existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
  await expect.poll(() => pids.filter(isThere), { timeout: 3000 }).toEqual([]);
});

test('the login shell of a user who is not root is refused before anything has run', async () => {
  const name = 'games';
  const other = await startSshd(desk, 'games_key', ['ForceCommand /usr/bin/setpriv --reuid=65534 /bin/sh']);
  trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`, `[127.0.0.1]:${other.port} ${other.hostKey}`);
  const session = await connected(hostAt(name, other.port));
  await expect(session.exchange([ask('touch /tmp/never')])).rejects.toMatchObject({
    code: 'not-root',
    what: 'the shell on the host does not run as root (id -u prints "65534")',
    where: name,
  });
  await other.stop();
});

describe('the route', () => {
  test('a jump by inventory name uses the login with the jump host', async () => {
    const inner = await startSshd(desk, 'mimando_key');
    trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`, `[127.0.0.1]:${inner.port} ${inner.hostKey}`);
    const before = logins(sshd);
    const mimando = hostAt('mimando', inner.port, { jump: 'namorar' });
    const fleet = fleetOf(host, mimando);
    const options = { ...desk.options, pool: createPool() };
    const [outerSession, innerSession] = await Promise.all([
      connected(host, options, fleet),
      connected(mimando, options, fleet),
    ]);
    const port = async (session: Session) =>
      `${(await session.exchange([ask('echo ${SSH_CONNECTION##* }')]))[0]?.stdout}`.trim();
    expect(await port(innerSession)).toBe(String(inner.port));
    expect(await port(outerSession)).toBe(String(sshd.port));
    expect([logins(sshd) - before, logins(inner)]).toEqual([1, 1]);
    await outerSession.close();
    expect(await port(innerSession)).toBe(String(inner.port));
    await innerSession.close();
    await inner.stop();
  });

  test('ProxyJump and ProxyCommand of ssh_config are followed', async () => {
    const inner = await startSshd(desk, 'carinho_key');
    const known = `UserKnownHostsFile ${desk.knownHosts}\nGlobalKnownHostsFile none\n`;
    trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`, `[127.0.0.1]:${inner.port} ${inner.hostKey}`);
    writeFileSync(
      desk.path('ways'),
      `Host bastion\nHostName 127.0.0.1\nPort ${sshd.port}\n` +
        `Host jumped\nHostName 127.0.0.1\nProxyJump root@bastion\n` +
        `Host piped\nHostName 127.0.0.1\nProxyCommand ssh -F ${desk.path('ssh_config')} -p ${sshd.port} -W %h:%p root@127.0.0.1\n` +
        `Host *\nIdentityFile ${desk.identity}\nIdentityAgent none\n${known}`,
    );
    const options = { ...desk.options, sshConfigFile: desk.path('ways') };
    const before = logins(sshd);
    for (const name of ['jumped', 'piped']) {
      const session = await connected(hostAt(name, inner.port, { host: name }), options);
      expect(`${(await session.exchange([ask('echo ${SSH_CONNECTION##* }')]))[0]?.stdout}`).toBe(`${inner.port}\n`);
      await session.close();
    }
    expect([logins(sshd) - before, logins(inner)]).toEqual([2, 2]);
    await inner.stop();
  });

  test('a host_key in the inventory alone decides', async () => {
    const pin = fingerprint(Buffer.from(sshd.hostKey.split(' ')[1] ?? '', 'base64'));
    trust(desk, '# nobody is known');
    const session = await connected(hostAt('namorar', sshd.port, { hostKey: pin }));
    expect(`${(await session.exchange([ask('echo in')]))[0]?.stdout}`).toBe('in\n');
    const wrong = connected(hostAt('namorar', sshd.port, { hostKey: 'SHA256:wrong' }));
    await expect(wrong).rejects.toMatchObject({
      code: 'host-key-changed',
      what: expect.stringContaining(`it is ${pin} (ssh-ed25519), not "SHA256:wrong"`),
    });
  });

  test('a host of which only an RSA key is known is asked for that', async () => {
    const both = await startSshd(
      desk,
      'both_key',
      [`HostKey ${desk.path('both_rsa')}`].filter(() => makeKey(desk.path('both_rsa'), '', 'rsa')),
    );
    trust(desk, `[127.0.0.1]:${both.port} ${readFileSync(desk.path('both_rsa.pub'), 'utf8')}`);
    const session = await connected(hostAt('both', both.port));
    expect(`${(await session.exchange([ask('echo in')]))[0]?.stdout}`).toBe('in\n');
    await both.stop();
  });
});

describe('keys', () => {
  let agent: ChildProcess;
  let agentSocket: string;
  const withAgent = (lines: string): void =>
    writeFileSync(
      desk.path('with_agent'),
      `Host *\nIdentityAgent ${agentSocket}\nUserKnownHostsFile ${desk.knownHosts}\nGlobalKnownHostsFile none\n${lines}\n`,
    );
  const options = () => ({ ...desk.options, sshConfigFile: desk.path('with_agent') });
  const add = (...keys: readonly string[]) =>
    execFileSync('ssh-add', ['-q', ...keys], { env: { ...process.env, SSH_AUTH_SOCK: agentSocket }, stdio: 'ignore' });
  const echo = async (session: Session) => `${(await session.exchange([ask('echo in')]))[0]?.stdout}`;

  beforeAll(async () => {
    agentSocket = desk.path('agent');
    agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
    await vi.waitUntil(() => readdirSync(desk.dir).includes('agent'));
    for (const name of ['other1', 'other2', 'other3', 'other4']) makeKey(desk.path(name));
    makeKey(desk.path('locked'), 'open sesame');
    makeKey(desk.path('rsa'), '', 'rsa');
    trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  });
  afterAll(() => agent.kill());

  test('the agent signs with the key that the configuration names first', async () => {
    add(desk.path('other1'), desk.path('other2'), desk.path('other3'), desk.identity);
    withAgent(`IdentityFile ${desk.identity}.pub\nIdentitiesOnly yes`);
    expect(await echo(await connected(host, options()))).toBe('in\n');
  });

  test('of many keys in an agent, as many are offered as sshd accepts by default, and the rest is named', async () => {
    const others = Array.from({ length: 7 }, (_, index) => desk.path(`other${index + 1}`));
    for (const path of others.slice(4)) makeKey(path);
    add('-D');
    add(...others, desk.identity);
    withAgent('IdentityFile none');
    const patient = await startSshd(desk, 'patient_key', ['MaxAuthTries 20']);
    trust(desk, `[127.0.0.1]:${patient.port} ${patient.hostKey}`, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
    const failed = await connected(hostAt('namorar', patient.port), options()).catch(error => error);
    expect(failed.what).toMatch(
      /^root@127\.0\.0\.1 accepts none of the keys \((test of the agent: refused; ){5}test of the agent: refused; not offered: test of the agent, test of the agent; it accepts publickey/,
    );
    expect(failed.remedy).toBe('set the right key under ssh: identity_file');
    const named = hostAt('namorar', sshd.port, { identityFile: desk.identity });
    expect(await echo(await connected(named, options()))).toBe('in\n');
  });

  test.each(['rsa', 'locked'])('a %s key works too, and its passphrase is asked for once for all hosts', async name => {
    const its = await startSshd(desk, `${name}_host_key`, [`AuthorizedKeysFile ${desk.path(`${name}.pub`)}`]);
    trust(desk, `[127.0.0.1]:${its.port} ${its.hostKey}`);
    const asked: string[] = [];
    const typed = ['wrong', 'open sesame'];
    const pool = createPool(async prompt => {
      asked.push(prompt);
      return typed.shift() ?? null;
    });
    const hosts = ['a', 'b'].map(each => hostAt(each, its.port, { identityFile: desk.path(name) }));
    expect(await Promise.all(hosts.map(async each => echo(await connected(each, { ...desk.options, pool }))))).toEqual([
      'in\n',
      'in\n',
    ]);
    expect(asked).toEqual(name === 'locked' ? Array(2).fill(`Passphrase for ${desk.path('locked')}: `) : []);
    await its.stop();
  });

  test('without anybody to ask, an encrypted key has the remedy ssh-add', async () => {
    const its = await startSshd(desk, 'silent_key', [`AuthorizedKeysFile ${desk.path('locked.pub')}`]);
    trust(desk, `[127.0.0.1]:${its.port} ${its.hostKey}`);
    const locked = hostAt('namorar', its.port, { identityFile: desk.path('locked') });
    await expect(connected(locked, { ...desk.options, pool: createPool(async () => null) })).rejects.toMatchObject({
      code: 'ssh-key-unusable',
      what: `the key "${desk.path('locked')}" needs a passphrase, and the right one was not entered`,
      remedy: `ssh-add ${desk.path('locked')}`,
    });
    await its.stop();
  });
});
