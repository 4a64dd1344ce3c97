import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tunnelWatch, WATCH_SCRIPT } from '../../src/tasks/tunnel-watch.ts';
import { world } from '../answers.ts';
import { recorded } from '../recordings.ts';
import { article, fleetOf, hostOf, twoGateways, twoRelays } from './fleets.ts';

const linesOf = (text: string, name: string) => {
  const fleet = fleetOf(text);
  const tab = tunnelWatch.resources(hostOf(fleet, name), fleet).at(-1);
  return tab?.wants?.(world())[0]?.content;
};

describe("root's crontab", () => {
  it('runs the watch each minute and at boot, without a message in the logs', () => {
    expect(linesOf(article, 'carinho')).toMatchInlineSnapshot(`
      "# mailtun tunnel watch: begin
      *	*	*	*	*	-q /usr/local/libexec/mailtun-watch wg0 example.com 2001:db8:c1da::2
      @reboot	-q /usr/local/libexec/mailtun-watch wg0 example.com 2001:db8:c1da::2
      # mailtun tunnel watch: end
      "
    `);
  });
  it('names the domains whose mail goes through the tunnel', () => {
    expect(linesOf(twoGateways, 'namorar')).toContain('mailtun-watch wg0 example.com,example.org 10.6.9.1 10.6.9.3\n');
    expect(linesOf(twoGateways, 'lar')).toContain('mailtun-watch wg0 example.org 10.6.9.2\n');
  });
  it('names every far end', () => {
    expect(linesOf(twoRelays, 'carinho')).toContain(
      'mailtun-watch wg0 example.com 2001:db8:c1da::2 2001:db8:c1da::3\n',
    );
  });
});

describe('more words than cron(8) reads of a command', () => {
  const domains = Array.from({ length: 60 }, (_, index) => `some-domain-${index}.example`);
  const fleet = fleetOf(article.replace(/^domain: .*$/m, `domain: [example.com, ${domains.join(', ')}]`));
  const resources = tunnelWatch.resources(hostOf(fleet, 'carinho'), fleet);
  const wanted = resources.flatMap(one => one.wants?.(world()) ?? []);
  const text = wanted.find(one => one.path === '/usr/local/libexec/mailtun-watch')?.content ?? '';

  it('are in the script, which the crontab calls with only its interface', () => {
    expect(wanted.at(-1)?.content).toBe(
      [
        '# mailtun tunnel watch: begin',
        '*\t*\t*\t*\t*\t-q /usr/local/libexec/mailtun-watch wg0',
        '@reboot\t-q /usr/local/libexec/mailtun-watch wg0',
        '# mailtun tunnel watch: end\n',
      ].join('\n'),
    );
  });
  it('are used from there', () => {
    const from = text.indexOf('\nset -- ');
    const end = text.indexOf('for far; do', from);
    const script = `${text.slice(from, end)}echo "$interface $domains $*"`;
    const { stdout } = spawnSync('/bin/sh', ['-c', script, 'watch', 'wg0'], { encoding: 'utf8' });
    expect(stdout).toBe(`wg0 ${['example.com', ...domains].join()} 2001:db8:c1da::2\n`);
  });
});

const FAR = '2001:db8:c1da::1';
const routes = `${recorded('faults', 'disabled route: show routes, show hosts, schedule, resume').split('\n')[0]}
3. [] <-> [2001:db8:c1da::1] (vpn0.example.com) ---- nconn=0 nerror=0 penalty=0 timeout=-
4. [] <-> 192.0.2.254 (mx.example.net) ND-- nconn=0 nerror=0 penalty=1 timeout=7s`;

describe('the watch', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
    for (const name of ['bin', 'run', 'etc']) mkdirSync(join(folder, name));
    program('ping6', 'shift 5; exec test -e "$root/answers.$1"');
    program(
      'smtpctl',
      'case "$1 $2" in "show routes") cat "$root/routes";; "show queue") cat "$root/queue";; "show status") [ ! -e "$root/paused" ] || [ $(grep -c "show status" "$root/log") -gt $(cat "$root/paused") ] || echo MTA paused;; esac',
    );
    program('nc', 'exec test ! -e "$root/closed.$4"');
    program('sh', ':');
    program(
      'ifconfig',
      'case $* in *"$(cat "$root/moved" 2>/dev/null || echo nowhere)"*) touch "$root/answers.$(cat "$root/far")";; wg0) cat "$root/interface";; esac',
    );
    program('getent', 'cat "$root/names"');
    program('netstat', 'cat "$root/connections"');
    program('tcpdrop', ':');
    // Those of the loop; ten seconds are for the looks of all.
    program(
      'sleep',
      'case $1 in 10) exec /bin/sleep 1;; esac; sed -i 1d "$root/looks"; [ -s "$root/looks" ] || rm -f "$root/watch"',
    );
    set(
      'interface',
      'wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1420\n\twgpeer K\n\tinet6 2001:db8:c1da::2 prefixlen 64\n',
    );
    set('connections');
    writeFileSync(join(folder, 'routes'), `${routes}\n`);
    writeFileSync(join(folder, 'queue'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A stand-in that notes what it was called with. */
  function program(name: string, text: string): void {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\nroot=${folder}\necho "${name} $*" >>$root/log\n${text}\n`);
    chmodSync(path, 0o755);
  }
  const set = (name: string, text = '') => writeFileSync(join(folder, name), text);

  /** Runs it for so many looks; what it did besides looking. */
  function runFor(looks: number, ...far: readonly string[]): readonly string[] {
    rmSync(join(folder, 'log'), { force: true });
    set('looks', '\n'.repeat(looks));
    const path = join(folder, 'watch');
    const text = WATCH_SCRIPT.replace('PATH=', `PATH=${folder}/bin:`)
      .replaceAll('/var/run/', `${folder}/run/`)
      .replaceAll('/etc/hostname.', `${folder}/etc/hostname.`);
    set('watch', text);
    const { status, stdout, stderr } = spawnSync('/bin/sh', [path, 'wg0', 'example.com,example.org', ...far], {
      encoding: 'utf8',
      // Of ksh(1), which this machine's sh may not be.
      env: { ...process.env, SECONDS: '0' },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    const log = existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
    return log
      .split('\n')
      .filter(
        line => line !== '' && !/^ping|^smtpctl show (?:queue|status)$|^ifconfig wg0$|^sleep|^netstat/.test(line),
      );
  }
  const run = (...far: readonly string[]) => runFor(1, ...far);
  const gateway = (endpoint = '192.0.2.25') => {
    set('etc/hostname.wg0', `wgpeer K wgendpoint ${endpoint} 6900 wgaip ${FAR}/128 wgpka 15\n`);
    set('far', FAR);
  };
  const calls = (address = '192.0.2.25') => `ifconfig wg0 wgpeer K wgendpoint ${address} 6900`;
  const resumes = ['smtpctl show routes', 'smtpctl resume route 2'];
  const sends = [...resumes, 'smtpctl schedule all'];
  const listens = `nc -z -w 2 ${FAR} 25`;
  /** At once, for what was under way, and at last what else there is. */
  const sendsOn = [...sends, ...Array(7).fill(resumes).flat(), ...sends, listens];

  it('schedules queued mail when the far end answers for the first time, and once more what was in progress', () => {
    set(`answers.${FAR}`);
    expect(run(FAR)).toEqual(sendsOn);
  });
  it('schedules nothing while smtpd is paused, whose scheduler would never answer again, and all when it goes on', () => {
    set(`answers.${FAR}`);
    // At so many questions.
    set('paused', '8');
    expect(run(FAR)).toEqual([...Array(8).fill(resumes).flat(), ...sends, listens]);
  });
  it('does nothing while the far end answers', () => {
    set(`answers.${FAR}`);
    run(FAR);
    expect(run(FAR)).toEqual([]);
  });
  it('schedules mail again after a silence', () => {
    set(`answers.${FAR}`);
    run(FAR);
    rmSync(join(folder, `answers.${FAR}`));
    expect(run(FAR)).toEqual([]);
    set(`answers.${FAR}`);
    expect(run(FAR)).toEqual(sendsOn);
  });
  it('starts a handshake with the relay again, and schedules mail at once if that helps', () => {
    gateway();
    set('moved', '192.0.2.25');
    set(`run/mailtun.answers.${FAR}`);
    expect(run(FAR)).toEqual([calls(), ...sendsOn]);
  });
  it('makes an interface again that is down or has lost the relay', () => {
    gateway();
    for (const text of [
      'wg0: flags=8082<BROADCAST>\n\twgpeer K\n',
      'wg0: flags=80c3<UP,BROADCAST>\n\twgpeer L\n',
      '',
    ]) {
      set('interface', text);
      expect(run(FAR)).toEqual(['sh /etc/netstart wg0', calls()]);
    }
  });
  it('tries each address of a name with a new handshake, then one after the other until the name has others', () => {
    gateway('relay.example.net');
    set('names', '2001:db8::25 relay.example.net\n192.0.2.25 relay.example.net\n');
    const [six, four] = [calls('2001:db8::25'), calls()];
    const asks = 'getent hosts relay.example.net';
    expect(runFor(4, FAR)).toEqual([asks, six, four, asks, four, asks, six, asks, four]);
    set('moved', '192.0.2.25');
    expect(run(FAR)).toEqual([asks, six, four, ...sendsOn]);
  });
  it('uses the known addresses if no name server answers', () => {
    gateway('relay.example.net');
    set('names');
    expect(runFor(2, FAR)).toEqual(Array(2).fill('getent hosts relay.example.net'));
  });
  it('ends sessions that smtpd begins in an outage and that are not answered, and nothing else', () => {
    const row = (foreign: string, state: string, port: number) =>
      `tcp6         0      0  2001:db8:c1da::2.${port} ${foreign} ${state}\n`;
    set(
      'connections',
      row(`${FAR}.25`, 'SYN_SENT', 4001) +
        row(`${FAR}.25`, 'ESTABLISHED', 4002) +
        row('2001:db8::9.25', 'SYN_SENT', 4003),
    );
    expect(run(FAR)).toEqual([`tcpdrop 2001:db8:c1da::2 4001 ${FAR} 25`]);
    set(`answers.${FAR}`);
    expect(run(FAR)).toEqual(sendsOn);
  });
  it('exits when the next run of the watch has begun', () => {
    program('sleep', 'echo 1 >"$root/run/mailtun.watching"');
    expect(runFor(9, FAR)).toEqual([]);
    expect(existsSync(join(folder, 'watch'))).toBe(true);
  });
  it('does not change the tunnel while a run of mailtun has locked the host', () => {
    gateway();
    mkdirSync(join(folder, 'run/mailtun.lock'));
    expect(run(FAR)).toEqual([]);
  });
  it('does not wait for ever for a run that died with the lock', () => {
    gateway();
    mkdirSync(join(folder, 'run/mailtun.lock'));
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(folder, 'run/mailtun.lock'), hourAgo, hourAgo);
    expect(run(FAR)).toEqual([calls()]);
  });
  it('treats each far end separately', () => {
    set('answers.2001:db8:c1da::3');
    expect(run(FAR, '2001:db8:c1da::3')).toContain('smtpctl schedule all');
  });
  describe('if the tunnel is up and smtpd at its far end is not', () => {
    const waiting = (
      id: string,
      to: string,
      tries: number,
      state = 'pending',
      error = 'Network error on destination MXs',
    ) =>
      `${id}|local|mta|auth|a|b@x.example|${to}|${to}|1795330339|1795330339|1795330349|${tries}|${state}|390|${error}\n`;
    const queue = [
      waiting('0000000000000001', 'test@example.com', 1),
      waiting('0000000000000002', 'ana@EXAMPLE.org', 1, 'pending', 'IO Error: read failed: unexpected eof'),
      waiting('0000000000000003', 'test@example.com', 2),
      waiting('0000000000000004', 'test@example.com', 0, 'inflight'),
      waiting('0000000000000005', 'test@example.com', 1, 'pending', '452 Insufficient system storage'),
      waiting('0000000000000006', 'bob@internet.example', 1),
      'offline\n',
    ].join('');
    const steady = () => {
      set(`answers.${FAR}`);
      set(`run/mailtun.answers.${FAR}`);
      set('queue', queue);
    };
    const again = (...ids: readonly number[]) => [
      listens,
      ...resumes,
      ...ids.map(id => `smtpctl schedule 000000000000000${id}`),
    ];
    it('a relay schedules what has failed once, and does not touch mail for the internet', () => {
      steady();
      expect(run(FAR)).toEqual(again(1, 2));
    });
    it('a gateway schedules mail for the internet', () => {
      steady();
      gateway();
      expect(run(FAR)).toEqual(again(6));
    });
    it('does not send what an admin has suspended, however it goes on', () => {
      const suspended = queue.replace(/^(0{15}1\|local\|mta\|)auth/, '$1auth,suspend');
      steady();
      set('queue', suspended);
      expect(run(FAR)).toEqual(again(2));
      rmSync(join(folder, 'run', `mailtun.answers.${FAR}`));
      const all = [...resumes, ...[2, 3, 4, 5, 6].map(id => `smtpctl schedule 000000000000000${id}`)];
      const failed = [...resumes, ...[2, 3].map(id => `smtpctl schedule 000000000000000${id}`)];
      expect(run(FAR)).toEqual([...all, ...Array(7).fill(failed).flat(), ...all, listens]);
    });
    it('schedules all queued mail when it is back, however often it has failed', () => {
      steady();
      set(`closed.${FAR}`);
      expect(run(FAR)).toEqual([listens]);
      set('queue', queue.replaceAll('|1|pending', '|2|pending'));
      expect(run(FAR)).toEqual([listens]);
      rmSync(join(folder, `closed.${FAR}`));
      const waits = [1, 2, 3].map(id => `smtpctl schedule 000000000000000${id}`);
      expect(run(FAR)).toEqual([
        listens,
        ...sends,
        ...Array(7)
          .fill([...resumes, ...waits])
          .flat(),
        ...sends,
        listens,
      ]);
      expect(run(FAR)).toEqual([]);
    });
    it('waits for a host that has booted until its smtpd has started', () => {
      set(`answers.${FAR}`);
      set(`closed.${FAR}`);
      expect(run(FAR)).toEqual(sendsOn);
      expect(run(FAR)).toEqual([listens]);
      rmSync(join(folder, `closed.${FAR}`));
      expect(run(FAR)).toEqual([listens, ...sendsOn]);
    });
  });
  describe('on a gateway with several relays', () => {
    const OTHER = '2001:db8:c1da::3';
    const steady = () => {
      gateway();
      for (const far of [FAR, OTHER]) set(`run/mailtun.answers.${far}`);
    };
    const takeOver = Array(3).fill('smtpctl schedule all');
    it('sends what waits for a silent one through the other', () => {
      steady();
      set(`answers.${OTHER}`);
      expect(run(FAR, OTHER)).toEqual([calls(), 'smtpctl show routes', ...takeOver]);
    });
    it('schedules nothing there while smtpd is paused', () => {
      steady();
      set(`answers.${OTHER}`);
      set('paused', '99');
      expect(run(FAR, OTHER)).toEqual([calls(), 'smtpctl show routes']);
    });
    it('sends what failed at one whose smtpd is down through the other', () => {
      steady();
      for (const far of [FAR, OTHER]) set(`answers.${far}`);
      expect(run(FAR, OTHER).slice(-3)).toEqual(takeOver);
    });
    it('does not touch the queue while both work, or none does', () => {
      steady();
      set('routes', routes.replace(/penalty=[1-9]/, 'penalty=0'));
      expect(run(FAR, OTHER)).not.toContain('smtpctl schedule all');
      for (const far of [FAR, OTHER]) set(`answers.${far}`);
      for (const far of [FAR, OTHER]) set(`run/mailtun.answers.${far}`);
      expect(run(FAR, OTHER)).toEqual(['smtpctl show routes', 'smtpctl show routes']);
    });
    it('leaves to smtpd what a relay has queued for gateways and for the internet', () => {
      set(`run/mailtun.answers.${OTHER}`);
      set(`answers.${OTHER}`);
      expect(run(FAR, OTHER)).toEqual([]);
    });
  });
  it('resumes the routes to the far end only', () => {
    set(`answers.${FAR}`);
    expect(run(FAR).filter(line => line.includes('resume'))).toEqual(Array(9).fill('smtpctl resume route 2'));
  });
});
