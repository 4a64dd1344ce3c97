import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceState, serviceState } from '../../src/facts/service-state.ts';
import { script } from '../../src/run/quoting.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

let folder = '';
const at = (path: string): string => join(folder, path);

/** Stand-ins that note that they were started, and what they were told. */
const PROGRAMS = {
  'bin/rcctl': 'case $3 in rtable) echo 1;; *) [ ! -e "$root/disabled" ] || echo NO;; esac',
  'bin/pgrep': '[ ! -e "$root/stopped" ]',
  'bin/find': 'exec /usr/bin/find "$@"',
  'etc/rc.d/smtpd': '[ ! -e "$root/stopped" ]',
};

const STAMP = 'daemon_class=daemon\ndaemon_rtable=0\ndaemon_user=root\npexp=/usr/sbin/smtpd\nrc_reload=NO\n';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-service-'));
  for (const one of ['bin', 'etc/rc.d', 'var/run/rc.d']) mkdirSync(at(one), { recursive: true });
  for (const [path, text] of Object.entries(PROGRAMS)) {
    writeFileSync(at(path), `#!/bin/sh\nroot=${folder}\necho "\${0##*/} $*" >>"$root/started"\n${text}\n`);
    chmodSync(at(path), 0o755);
  }
  writeFileSync(at('etc/rc.conf'), 'sndiod_flags=\nsmtpd_flags=\n# no other\nhttpd_flags=NO\n');
  writeFileSync(at('conf'), '');
  writeFileSync(at('var/run/rc.d/smtpd'), STAMP);
  utimesSync(at('conf'), 1000, 1000);
  utimesSync(at('var/run/rc.d/smtpd'), 2000, 2000);
  writeFileSync(at('started'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(pdksh)('a daemon of the base system under %s', shell => {
  const state = (): ServiceState => {
    const { command, parse } = serviceState('smtpd', [at('conf')]);
    const text = script(command.script, ...command.args).replaceAll(/\/(etc|var)\//g, `${folder}/$1/`);
    const kept = `is_lost() { [ -e ${at('lost')} ]; }\nnewest_kept() { set -- ${at('kept')}/*; [ -e "$1" ]; }`;
    const frame = `_line='\n'\n${kept}\n${text}`;
    const env = { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` };
    return parse(answer(execFileSync(shell, ['-c', frame], { encoding: 'utf8', env })));
  };
  const started = (): readonly string[] =>
    readFileSync(at('started'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => line.replaceAll(folder, ''));

  const fine = {
    lost: 'no',
    isEnabled: true,
    flags: '',
    table: '0',
    startedWith: '',
    isRunning: true,
    isUnstamped: false,
    stale: [],
  } as const;

  it('that runs unchanged, with no newer file, costs one process', () => {
    expect(state()).toEqual(fine);
    expect(started()).toEqual(['pgrep -T 0 -q -xf /usr/sbin/smtpd']);
  });

  it.each([
    ['with options', 'smtpd_flags=-v -f /etc/mine.conf\n', '-v -f /etc/mine.conf'],
    ['after it was not', 'smtpd_flags=NO\nsmtpd_flags=\n', ''],
    ['among other daemons', 'httpd_flags=NO\nsshd_flags=\n', ''],
    ['before a line that rc does not read, for it lacks its newline', 'smtpd_flags=-v\nsmtpd_flags=NO', '-v'],
    ['before one with another routing table that lacks it', 'smtpd_flags=\nsmtpd_rtable=1', ''],
  ])('is enabled %s', (_, own, flags) => {
    writeFileSync(at('etc/rc.conf.local'), own);
    expect(state()).toEqual({ ...fine, flags });
    expect(started()).toHaveLength(1);
  });

  it.each([
    ['NO', 'smtpd_flags=NO\n'],
    ['NO in quotes', 'smtpd_flags="NO"\n'],
    ['NO in another form', '  SMTPD_flags = NO # for now\n'],
    ['NO behind a comment', '#smtpd_flags=\n'],
    ['options in quotes', 'smtpd_flags="-v"\n'],
    ['options before a comment', 'smtpd_flags=-v # -f x\n'],
  ])('with the line %s is as rcctl says', (_, own) => {
    writeFileSync(at('etc/rc.conf.local'), own);
    expect(state().isEnabled).toBe(true);
    writeFileSync(at('disabled'), '');
    expect(state().isEnabled).toBe(false);
    expect(started()[0]).toBe('rcctl get smtpd flags');
  });

  it.each([
    ['NO', 'smtpd_flags=NO\r\n', 'NO\r'],
    ['options', 'smtpd_flags=-v\r\n', '-v\r'],
    ['nothing', 'smtpd_flags=\r\n', '\r'],
  ])('keeps the carriage return of a line that ends with CR LF: %s', (_, own, flags) => {
    writeFileSync(at('etc/rc.conf.local'), own);
    writeFileSync(at('bin/rcctl'), `#!/bin/sh\nsed -n 's/^smtpd_flags=//p' ${at('etc/rc.conf.local')}\n`);
    expect(state()).toEqual({ ...fine, flags });
  });

  it.each(['smtpd_rtable=1\n', 'smtpd_flags=\nSMTPD_rtable = "1" # a second line\n'])(
    'is started in the routing table that rcctl says: %s',
    own => {
      writeFileSync(at('etc/rc.conf.local'), own);
      expect(state()).toEqual({ ...fine, table: '1' });
      expect(started()[0]).toBe('rcctl get smtpd rtable');
    },
  );

  it('has the flags in its stamp', () => {
    writeFileSync(at('var/run/rc.d/smtpd'), `daemon_flags=-f /etc/mine.conf\n${STAMP}`);
    expect(state().startedWith).toBe('-f /etc/mine.conf');
  });

  it('that rc.conf does not name is as rcctl says', () => {
    writeFileSync(at('etc/rc.conf'), 'httpd_flags=NO\n');
    writeFileSync(at('disabled'), '');
    expect(state().isEnabled).toBe(false);
  });

  it.each([
    ['has options', STAMP.replace('smtpd\n', 'smtpd -v\n')],
    ['is in no routing table', STAMP.replace('rtable=0', 'rtable=')],
    ['has a pattern', STAMP.replace('/usr', '.*/usr')],
    ['is empty', ''],
  ])('whose stamp %s is checked with rc.d', (_, stamp) => {
    writeFileSync(at('var/run/rc.d/smtpd'), stamp);
    expect(state().isRunning).toBe(true);
    expect(started()[0]).toBe('smtpd check');
    writeFileSync(at('stopped'), '');
    expect(state().isRunning).toBe(false);
  });

  it('whose rc.conf.local is lost is known from the kept copies', () => {
    writeFileSync(at('lost'), '');
    expect(state().lost).toBe('for good');
    mkdirSync(at('kept'));
    writeFileSync(at('kept/copy'), '');
    expect(state().lost).toBe('kept');
  });

  it('that does not run is reported as such', () => {
    writeFileSync(at('stopped'), '');
    expect(state()).toEqual({ ...fine, isRunning: false });
    rmSync(at('var/run/rc.d/smtpd'));
    expect(state()).toEqual({ ...fine, isRunning: false, isUnstamped: true });
  });

  it('is older than a file of the same second, and than a symbolic link', () => {
    utimesSync(at('conf'), 2000.5, 2000.5);
    expect(state().stale).toEqual([at('conf')]);
    utimesSync(at('conf'), 1999.5, 1999.5);
    expect(state()).toEqual(fine);
    writeFileSync(at('old'), '');
    utimesSync(at('old'), 1000, 1000);
    rmSync(at('conf'));
    symlinkSync(at('old'), at('conf'));
    expect(state().stale).toEqual([at('conf')]);
    rmSync(at('conf'));
    expect(state()).toEqual(fine);
  });
});
