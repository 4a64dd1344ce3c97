import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prelude } from '../../src/run/prelude.ts';
import { ROLLBACK } from '../../src/tasks/rollback.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Opened {
  readonly pid: number;
  /** Resolves once its shell is gone. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
  kill(): Promise<void>;
}

/** A folder that stands for a host's disk, and a few of its programs that only write down how they were called. */
export interface Sandbox {
  readonly dir: string;
  /** Runs text in a session of its own, with the prelude of that run. */
  run(text: string, run?: string): Promise<Ran>;
  /** The same, with a session that lives until `end` is called, or its shell is killed. */
  open(text: string, run?: string): Promise<Opened>;
  read(path: string): string;
  write(path: string, text: string): void;
  has(path: string): boolean;
  /** Another program, as sh(1) text; DIR in it is the folder. */
  program(name: string, text: string): void;
  /** Calls of the programs so far. */
  readonly calls: readonly string[];
  remove(): void;
}

const STAT = `
case $2 in
%m) exec /usr/bin/stat -c %Y "$3";;
%Su:%Sg) echo root:wheel;;
%OMp%OLp|%OLp) /usr/bin/stat -c 0%a "$3";;
esac`;

/** `ifconfig NAME` shows what lies in DIR/interfaces/NAME; every other call is only noted. */
const IFCONFIG = `
[ $# -gt 1 ] || { [ -f "DIR/interfaces/$1" ] && exec cat "DIR/interfaces/$1"; echo "$1: no such interface" >&2; exit 1; }
echo "ifconfig $*" >>DIR/calls
case $2 in destroy) rm -f "DIR/interfaces/$1";; esac`;

/** Linux's ps works out a start from the clock anew each time and may be a second off; the kernel's ticks are not. */
const PS = `
[ "$1 $2 $3" = "-o lstart= -p" ] || exec /usr/bin/ps "$@"
set -- $(sed 's/.*) //' "/proc/$4/stat" 2>/dev/null) && [ $# -gt 19 ] && shift 19 && echo "tick $1"`;

const PROGRAMS: Readonly<Record<string, string>> = {
  ps: PS,
  stat: STAT,
  ifconfig: IFCONFIG,
  sha256: 'shift; /usr/bin/sha256sum "$@" | cut -d " " -f 1',
  chown: ':',
  sync: ':',
  rcctl: 'case $1 in check) [ ! -f DIR/stopped ];; *) echo "rcctl $*" >>DIR/calls;; esac',
  pfctl: 'case $1 in -s*) cat DIR/pf 2>/dev/null;; *) echo "pfctl $*" >>DIR/calls;; esac',
  sysctl: 'echo 0',
  logger: 'echo "logger $*" >>DIR/calls',
  ping6: '[ -f DIR/answers ]',
};

export function sandbox(shell: string): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), 'mailtun-host-'));
  const at = (path: string): string => join(dir, path);
  for (const folder of ['bin', 'interfaces', 'etc', 'root', 'var/run', 'var/db'])
    mkdirSync(at(folder), { recursive: true });
  const program = (name: string, text: string): void => {
    writeFileSync(at(`bin/${name}`), `#!/bin/sh\n${text.replaceAll('DIR', dir)}\n`);
    chmodSync(at(`bin/${name}`), 0o755);
  };
  for (const [name, text] of Object.entries(PROGRAMS)) program(name, text);
  mkdirSync(at('etc/rc.d'));
  writeFileSync(at('etc/rc.d/smtpd'), `#!/bin/sh\necho >>${dir}/checks\n[ ! -f ${dir}/stopped ]\n`, { mode: 0o755 });
  writeFileSync(at('etc/netstart'), `echo "netstart $*" >>${dir}/calls\n`);
  // A path that is in the folder already stays as it is.
  const here = (text: string): string => text.replaceAll(new RegExp(`(${dir})?/(var|etc|root)/`, 'g'), `${dir}/$2/`);
  const env = { PATH: `${at('bin')}:/usr/bin:/bin`, LC_ALL: 'C' };
  const script = (text: string, run: string): string =>
    here(`${prelude(ROLLBACK, run, 'jay@desk')}\n( ${text}\n) </dev/null`);
  return {
    dir,
    run: (text, run = 'RUN-1') =>
      new Promise(resolve => {
        execFile(shell, ['-c', script(text, run)], { env }, (error, stdout, stderr) =>
          resolve({ exit: error ? Number(error.code) : 0, stdout, stderr }),
        );
      }),
    open: (text, run = 'RUN-1') =>
      new Promise(resolve => {
        // As a host's shell has it: what it is to run comes on its standard input, and that is where it waits for more.
        const child = spawn(shell, [], { env });
        child.stdin.on('error', () => {});
        child.stdin.write(`${script(text, run)}\necho ready\n`);
        const ended = new Promise<void>(done => child.once('exit', () => done()));
        child.stdout.once('data', () =>
          resolve({
            pid: child.pid ?? 0,
            ended,
            end: () => {
              child.stdin.end();
              return ended;
            },
            kill: () => {
              child.kill('SIGKILL');
              return ended;
            },
          }),
        );
      }),
    read: path => readFileSync(at(path), 'utf8'),
    write(path, text) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    },
    program,
    has: path => existsSync(at(path)),
    get calls() {
      return existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trimEnd().split('\n') : [];
    },
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  };
}
