import { describe, expect, it } from 'vitest';
import { service } from '../../src/resources/service.ts';
import { plan } from '../../src/run/plan.ts';
import { script } from '../../src/run/quoting.ts';
import { NotPublished } from '../../src/run/resource.ts';
import type { Assigned } from '../../src/run/task.ts';
import { answer, observing, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { sandbox } from '../run/sandbox.ts';

const smtpd = service('smtpd', {
  configuration: '/etc/mail/smtpd.conf',
  reads: ['/etc/mail/smtpd.conf', '/etc/mail/secrets'],
  listens: [{ address: '192.0.2.25', port: 25 }],
  log: '/var/log/maillog',
});
const notYet = (): never => {
  throw new NotPublished('carinho', 'key');
};
const judged = (stdout: string, changing: readonly string[] = []) =>
  smtpd.judge(observing([], { 'service smtpd': answer(stdout) }), world({}, changing));

describe('a service', () => {
  it('that is enabled, running and younger than its files is not changed', () => {
    expect(judged('enabled\nrunning\n')).toBeNull();
  });

  it.each([
    ['stopped', 'enabled\n', 'not running', ['starts smtpd']],
    ['disabled and stopped', '', 'disabled; not running', ['enables smtpd', 'starts smtpd']],
    ['disabled for the next boot only', 'running\n', 'disabled', ['enables smtpd']],
    [
      'older than a file it reads',
      'enabled\nrunning\n/etc/mail/secrets\n',
      'started before /etc/mail/secrets changed',
      ['restarts smtpd'],
    ],
    ['started by hand', 'enabled\nrunning\nunstamped\n', 'not started by rc.d', ['restarts smtpd']],
  ])('%s is corrected', (_, stdout, why, steps) => {
    const change = judged(stdout);
    expect(change?.why).toBe(why);
    expect(change?.steps.map(step => step.label)).toEqual(steps);
  });

  it.each(['-f /etc/mail/mine.conf', '-vf/etc/mail/mine.conf', '-D name=value -v -f /etc/mail/mine.conf'])(
    'that would read another configuration is refused: %s',
    flags => {
      expect(() => judged(`enabled\nflags ${flags}\nrunning\nstarted \n`)).toThrow(
        `/etc/rc.conf.local starts smtpd with the flags ${flags}: it reads /etc/mail/mine.conf, not /etc/mail/smtpd.conf`,
      );
    },
  );

  it.each(['-v', '-D domain=f', '-Dfrom=lan', '-f /etc/mail/smtpd.conf', ''])('keeps its other flags: %s', flags => {
    expect(judged(`enabled\nflags ${flags}\nrunning\nstarted ${flags}\n`)).toBeNull();
  });

  it.each([
    ['that reaches its neighbours from table 0 only is refused in another one', 'the LAN', '1', true],
    ['that reaches its neighbours from table 0 only runs in that', 'the LAN', '0', false],
    ['that is reached from any table runs in any', undefined, '1', false],
  ])('%s', (_, reaches, table, isRefused) => {
    const daemon = service('smtpd', {
      configuration: '/etc/mail/smtpd.conf',
      reads: [],
      listens: [],
      log: '/var/log/maillog',
      ...(reaches === undefined ? {} : { reaches }),
    });
    const said = { 'service smtpd': answer(`table ${table}\nenabled\nrunning\n`) };
    const judge = () => daemon.judge(observing([], said), world());
    if (isRefused)
      expect(judge).toThrow('/etc/rc.conf.local starts smtpd in routing table 1, from which it does not reach the LAN');
    else expect(judge()).toBeNull();
  });

  it.each(['flags NO\r', 'flags \r', 'flags -v\r', 'table 0\r\nflags '])(
    'with a line of rc.conf.local that ends with CR LF is refused: %j',
    said => {
      expect(() => judged(`enabled\n${said}\nrunning\n`)).toThrow(
        'a line about smtpd in /etc/rc.conf.local ends with a carriage return',
      );
    },
  );

  it('that is refused is so while its configuration still waits for another host', () => {
    const waits = { ...world(), ready: notYet };
    const said = { 'service smtpd': answer('enabled\nflags -f /etc/mine.conf\n') };
    expect(() => smtpd.judge(observing([], said), waits)).toThrow('it reads /etc/mine.conf');
  });

  it('that still reads another configuration is restarted', () => {
    const change = judged('enabled\nflags \nrunning\nstarted -f /etc/mail/mine.conf\n');
    expect(change?.why).toBe('started with -f /etc/mail/mine.conf');
    expect(change?.steps.map(step => step.label)).toEqual(['restarts smtpd']);
  });

  it('restarts if a file that it reads is about to change', () => {
    expect(judged('enabled\nrunning\n', ['/etc/mail/smtpd.conf'])?.why).toBe('/etc/mail/smtpd.conf will change');
  });

  it('is not restarted for a file that it does not read', () => {
    expect(judged('enabled\nrunning\n', ['/etc/hosts'])).toBeNull();
  });

  it('is not changed while its configuration waits for another host', () => {
    const waiting: Assigned = {
      task: 'smtpd',
      resource: {
        id: '/etc/mail/smtpd.conf',
        questions: [],
        judge: (_, world) => (world.published('carinho', 'key') ? null : null),
      },
    };
    const { changes, waiting: waits } = plan(
      [waiting, { task: 'smtpd', resource: smtpd }],
      observing([], { 'service smtpd': answer('enabled\nrunning\n') }),
      new Map(),
    );
    expect(changes).toEqual([]);
    expect(waits.map(one => one.resource)).toEqual(['/etc/mail/smtpd.conf', 'service smtpd']);
  });

  it('passes files, addresses and ports as separate arguments', () => {
    const [start] = judged('enabled\n')?.steps ?? [];
    expect(start?.command.args).toEqual([
      'smtpd',
      '/var/log/maillog',
      '2',
      '/etc/mail/smtpd.conf',
      '/etc/mail/secrets',
      '192.0.2.25',
      '25',
    ]);
  });
});

describe.each(pdksh)('a disabled service under %s', shell => {
  it.each([
    ['is enabled', 0, ''],
    [
      'that rcctl does not enable is named, with what to do',
      1,
      'rcctl does not enable smtpd: remove the line of /etc/rc.conf.local that disables it and is in another form than smtpd_flags=NO\n',
    ],
  ])('%s', async (_, exit, stderr) => {
    const host = sandbox(shell);
    host.program('rcctl', `echo "rcctl $*" >>DIR/calls; [ "$3" != status ] || exit ${exit}`);
    const [enable] = judged('running\n')?.steps ?? [];
    if (!enable) throw new Error('nothing is enabled');
    const { script: text, args } = enable.command;
    expect(await host.run(`( ${script(text, ...args)} )`)).toMatchObject({
      exit,
      stderr: stderr.replace('/etc/', `${host.dir}/etc/`),
    });
    expect(host.calls).toEqual(['rcctl enable smtpd', 'rcctl get smtpd status']);
    host.remove();
  });
});

describe.each(pdksh)('a service that does not start under %s', shell => {
  const BIND = "smtpd: bind: Can't assign requested address";
  it.each([
    ['', `echo "${BIND}" >>DIR/var/log/maillog`],
    [
      ', though newsyslog(8) turns its log over then',
      `cd DIR/var/log && echo "${BIND}" >>maillog && mv maillog maillog.0 && echo "logfile turned over" >maillog`,
    ],
    [
      ', though newsyslog(8) has turned its log over just before',
      `cd DIR/var/log && mv maillog maillog.0 && { echo "logfile turned over"; echo "${BIND}"; } >maillog`,
    ],
  ])('says why%s', async (_, fails) => {
    const host = sandbox(shell);
    host.write('var/log/maillog', 'a\nb\nc\nd\n');
    host.write('etc/mail/smtpd.conf', '');
    host.write('etc/mail/secrets', '');
    host.program('rcctl', `${fails}; exit 1`);
    host.program('pgrep', 'exit 1');
    const [start] = judged('enabled\n')?.steps ?? [];
    if (!start) throw new Error('nothing is started');
    const ran = await host.run(script(start.command.script, ...start.command.args));
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(BIND);
    expect(ran.stderr).not.toMatch(/^[abcd]$/m);
    host.remove();
  });
});
