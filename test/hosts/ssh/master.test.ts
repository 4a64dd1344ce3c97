import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import type { Host } from '../../../src/hosts/fleet.ts';
import { fingerprint } from '../../../src/hosts/ssh/known-hosts.ts';
import { ConnectionLost } from '../../../src/run/connection-lost.ts';
import { ask, type Desk, fleetOf, hostAt, openDesk, type Sshd, startSshd, step, trust } from './sshd.ts';

let desk: Desk;
let sshd: Sshd;
let host: Host;
const socket = (): string => desk.path('master');
const words = (): string[] => ['-F', desk.path('with_master'), '-p', String(sshd.port), '-l', 'root', '127.0.0.1'];

beforeAll(async () => {
  desk = openDesk();
  sshd = await startSshd(desk, 'namorar_key', ['MaxSessions 3']);
  host = hostAt('namorar', sshd.port);
  trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  const hostile = 'RemoteCommand echo no\nStdinNull yes\nSessionType none\nForkAfterAuthentication yes\n';
  const own = readFileSync(desk.path('ssh_config'), 'utf8');
  writeFileSync(desk.path('with_master'), `${own}ControlPath ${desk.dir}/master\nControlMaster auto\n`);
  writeFileSync(desk.path('hostile'), `${own}ControlPath ${desk.dir}/master\n${hostile}`);
});
let master: ChildProcess;
beforeEach(async () => {
  const before = logins();
  master = spawn('ssh', ['-M', '-N', '-o', 'ControlPersist=no', ...words()], { stdio: 'ignore' });
  await vi.waitUntil(() => existsSync(socket()) && logins() > before, { timeout: 5000 });
});
const endMaster = async (): Promise<void> => {
  if (master.exitCode !== null || master.signalCode !== null) return;
  const gone = once(master, 'close');
  master.kill();
  // Once in a while ssh does not end before it hears from somebody.
  const deadline = setTimeout(() => master.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(deadline);
  rmSync(socket(), { force: true });
};
afterEach(endMaster);
afterAll(() => desk.clear());

const logins = (): number => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
const opened = (to: Host = host, more = {}, file = 'with_master') =>
  connect(to, fleetOf(to), { ...desk.options, sshConfigFile: desk.path(file), ...more });
const echo = async (session: Awaited<ReturnType<typeof opened>>) =>
  `${(await session.exchange([ask('echo in; echo out >&2')]))[0]?.stdout}`;

test('a living master is used without another login, and continues after the session', async () => {
  const before = logins();
  for (const file of ['with_master', 'hostile']) {
    const session = await opened(host, {}, file);
    const [there, status] = await session.exchange([ask('cat; echo in; echo out >&2'), step('exit 3')]);
    expect([`${there?.stdout}`, `${there?.stderr}`, status?.exit]).toEqual(['in\n', 'out\n', 3]);
    expect(session.roundTrips).toBe(1);
    await session.close();
  }
  expect(logins()).toBe(before);
  expect(existsSync(socket())).toBe(true);
});

test('the session ends without an answer of the master, which may be waiting for the host', async () => {
  const session = await opened();
  expect(await echo(session)).toBe('in\n');
  master.kill('SIGSTOP');
  await session.close();
  master.kill('SIGCONT');
});

test('it is not used for a new connection, or with a host_key in the inventory', async () => {
  const before = logins();
  const pin = fingerprint(Buffer.from(sshd.hostKey.split(' ')[1] ?? '', 'base64'));
  for (const session of [
    await opened(host, { isAnew: true }),
    await opened(hostAt('a', sshd.port, { hostKey: pin })),
  ]) {
    expect(await echo(session)).toBe('in\n');
    await session.close();
  }
  expect(logins()).toBe(before + 2);
});

test('if a master dies before anything was changed, the questions are asked again over a new login', async () => {
  const before = logins();
  const session = await opened();
  expect(await echo(session)).toBe('in\n');
  await endMaster();
  const heard: string[] = [];
  const answers = await session.exchange([ask('echo one'), ask('echo two')], {
    onAnswer: (_, answer) => heard.push(`${answer?.stdout}`),
  });
  expect(answers.map(answer => `${answer?.stdout}`)).toEqual(['one\n', 'two\n']);
  expect(heard).toEqual(['one\n', 'two\n']);
  expect(logins()).toBe(before + 1);
  await session.close();
});

test('if a master dies during a step, the connection is lost and nothing is done twice', async () => {
  const before = logins();
  const session = await opened();
  const lost = session.exchange([step('echo; sleep 20', 'a long step')]);
  setTimeout(() => void endMaster(), 300);
  await expect(lost).rejects.toMatchObject({ running: 'a long step' });
  await expect(session.exchange([ask('echo')])).rejects.toBeInstanceOf(ConnectionLost);
  expect(logins()).toBe(before);
  await session.close();
});

test('a socket without a master, and a master that accepts no more sessions, are no obstacle', async () => {
  const before = logins();
  const sessions = [];
  for (let count = 0; count < 4; count += 1) sessions.push(await opened());
  for (const session of sessions) expect(await echo(session)).toBe('in\n');
  expect(logins()).toBeGreaterThan(before);
  await Promise.all(sessions.map(session => session.close()));
  await endMaster();
  writeFileSync(socket(), '');
  const session = await opened();
  expect(await echo(session)).toBe('in\n');
  await session.close();
  rmSync(socket());
});

test('no master is started', async () => {
  await endMaster();
  const session = await opened();
  expect(await echo(session)).toBe('in\n');
  expect(existsSync(socket())).toBe(false);
  await session.close();
});

test('a refusal of doas is reported as over a new login', async () => {
  const session = await opened(hostAt('namorar', sshd.port, { become: 'doas' }));
  await expect(session.exchange([ask('echo')])).rejects.toMatchObject({
    where: 'namorar',
    what: expect.stringContaining('doas'),
  });
  await session.close();
});
