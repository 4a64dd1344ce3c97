/** How smtpd is brought to rest before it is stopped. */
import { describe, expect, it } from 'vitest';
import { asked, isRunning, looksOf, running } from './pausing.ts';

/** Prints a counter of smtpd's at the first look, and nothing more later. */
const once = (counter: string): string =>
  `[ "$2" != stats ] || { [ -e "$0.once" ] || echo ${counter}; : >"$0.once"; echo mta.task=3; }`;

describe('smtpd that is about to be stopped', () => {
  it.each([
    ...['mta.task.running=1', 'mda.running=1', 'scheduler.envelope.incoming=12'],
    // Handed over, and the queue has not recorded it yet.
    'scheduler.envelope.inflight=1',
  ])('sends nothing more, and finishes what it has begun (%s)', counter =>
    expect(asked({ smtpctl: once(counter) }, 'pause')).toEqual([
      'pause mta',
      'pause mda',
      ...['show stats', 'show stats', 'show stats'],
    ]),
  );
  it('is stopped if no mail came between two checks', () => {
    const comes =
      '[ "$2" != stats ] || { echo >>"$0.looks"; [ $(wc -l <"$0.looks") -gt 4 ] || mkdir -p "$spool/queue/ab/$$"; }';
    expect(looksOf(asked({ smtpctl: comes }, 'pause'))).toBe(5);
  });
  it('does not wait for what was unfinished before it started', () =>
    expect(looksOf(asked({ smtpctl: 'mkdir -p "$spool/incoming/01ae4af6"' }, 'pause'))).toBe(2));
  describe('and has just started, with mail that sendmail(8) kept while it was down', () => {
    const once = '[ -e "$0.once" ] || : >"$spool/offline/1"; [ ! -e "$0.once" ] || rm -f "$spool/offline/1"; ';
    const submitted = `[ "$2" != stats ] || { ${once} : >"$0.once"; }`;
    it('submits it before', () => expect(looksOf(asked({ smtpctl: submitted }, 'pause'))).toBe(4));
    it('is not waited for if that does not succeed', () => {
      const kept = ': >"$spool/offline/1"';
      expect(looksOf(asked({ smtpctl: kept, uptime: 10 }, 'pause'))).toBe(2);
      expect(looksOf(asked({ smtpctl: kept, uptime: 9 }, 'pause'))).toBe(60);
    });
  });
  it('is not waited for if it delivers for longer', () =>
    expect(looksOf(asked({ smtpctl: '[ "$2" != stats ] || echo mda.running=2' }, 'pause'))).toBe(60));
  it('does not wait for what it has not begun', () => {
    const waits = '[ "$2" != stats ] || printf "%s=%s\\n" scheduler.envelope.inflight 5 mta.envelope 3 mda.envelope 2';
    expect(looksOf(asked({ smtpctl: waits }, 'pause'))).toBe(2);
  });
  it('is not taken for quiet where smtpctl gets no answer in time', () =>
    expect(
      looksOf(asked({ smtpctl: '[ "$2" != stats ] || [ -e "$0.once" ] || { : >"$0.once"; exit 1; }' }, 'pause')),
    ).toBe(3));
  it('is stopped at once if smtpctl fails', () =>
    expect(asked({ smtpctl: 'exit 1' }, 'pause')).toEqual(['pause mta', 'show status']));
  describe('and does not answer', () => {
    const answers = (smtpctl: string): readonly string[] => {
      const pid = running();
      try {
        return asked({ smtpctl, processes: pid }, 'pause');
      } finally {
        if (isRunning(pid)) process.kill(Number(pid));
      }
    };
    it('is asked again, since it may have just been started', () => {
      const late =
        '[ "$*" != "pause mta" ] || [ -e "$0.twice" ] || { [ ! -e "$0.once" ] || : >"$0.twice"; : >"$0.once"; exit 1; }';
      expect(answers(late)).toEqual([
        ...['pause mta', 'show status', 'pause mta', 'show status', 'pause mta', 'pause mda'],
        ...['show stats', 'show stats'],
      ]);
    });
    it('is asked for some seconds', () =>
      expect(answers('exit 1').filter(line => line === 'pause mta')).toHaveLength(30));
    it('is hardly asked again where it takes smtpctl(8) two seconds to find that out', () =>
      expect(answers('exit 124').filter(line => line === 'pause mta')).toHaveLength(2));
  });
  it('is looked at as well where an admin has paused it', () => {
    const paused = 'case $* in "pause mta") exit 1;; "show status") echo MTA paused;; esac';
    expect(looksOf(asked({ smtpctl: paused }, 'pause'))).toBe(2);
  });
  it('continues if it is not stopped after all', () =>
    expect(asked({ smtpctl: ':' }, 'trap resume EXIT', 'pause', 'exit 0')).toEqual([
      ...['pause mta', 'pause mda'],
      ...['show stats', 'show stats'],
      ...['resume mta', 'resume mda'],
    ]));
  it('accepts mail until then, since sendmail(8) would fail if it were paused', () =>
    expect(asked({ smtpctl: ':' }, 'pause')).not.toContain('pause smtp'));
  it.each([
    ['it could not start again', { refused: 1 }],
    ['nobody knows which process it is', { more: '\n1' }],
  ])('is left to rcctl(8) if %s', (_, { refused = 0, more = '' }: { refused?: number; more?: string }) => {
    const pid = running();
    const said = asked({ smtpctl: ':', processes: `${pid}${more}`, refused }, 'pause', 'smtpctl "ended: ${ended:-no}"');
    expect(isRunning(pid)).toBe(true);
    expect(said.at(-1)).toBe('ended: no');
    process.kill(Number(pid));
  });
});

describe('a tunnel that is about to be changed', () => {
  it('waits until smtpd has sent what it has begun', () =>
    expect(asked({ smtpctl: once('mta.task=2').replace('mta.task=3', 'mta.task=0') }, 'hold', 'release')).toEqual([
      'pause mta',
      ...['show stats', 'show stats', 'show stats'],
      ...['resume mta', 'show status'],
    ]));
  it('does not wait for a destination that takes longer', () =>
    expect(looksOf(asked({ smtpctl: '[ "$2" != stats ] || echo mta.task=1' }, 'hold'))).toBe(50));
  it('does not wait if smtpd does not run', () =>
    expect(asked({ smtpctl: 'exit 1', pgrep: 'exit 1' }, 'hold', 'release')).toEqual(['pause mta']));
  it('does not wait if smtpd is too busy to answer, and resumes it, since it may have been paused all the same', () =>
    expect(asked({ smtpctl: 'exit 124' }, 'hold', 'release')).toEqual(['pause mta', 'resume mta', 'show status']));
  it('does not wait if an admin has paused it', () =>
    expect(asked({ smtpctl: '[ "$1" != pause ] || exit 1' }, 'hold', 'release')).toEqual(['pause mta', 'show status']));
  it('waits for smtpd that has just been started and does not answer', () => {
    const late = '[ -e "$0.once" ] || { [ "$1" = pause ] || : >"$0.once"; exit 1; }';
    expect(asked({ smtpctl: late }, 'hold', 'release')).toEqual([
      ...['pause mta', 'show status', 'pause mta'],
      ...['show stats', 'show stats'],
      ...['resume mta', 'show status'],
    ]);
    expect(asked({ smtpctl: 'exit 1' }, 'hold').filter(line => line === 'pause mta')).toHaveLength(51);
  });
  it('makes a restart find smtpd paused, and pause the rest', () => {
    const once =
      'case $* in "pause mta") [ ! -e "$0.once" ] || exit 1; : >"$0.once";; "show status") echo MTA paused;; esac';
    expect(asked({ smtpctl: once }, 'hold', 'pause').filter(line => line.startsWith('pause'))).toEqual([
      ...['pause mta', 'pause mta', 'pause mda'],
    ]);
  });
  describe('and its peers then have other addresses', () => {
    const ifconfig = `[ -e "$0.once" ] && end=2 || { : >"$0.once"; end=0; }
printf '\\twgpeer %s=\\n\\t\\twgaip %s/32\\n' A 10.6.9.3 B 10.6.9.1$end
printf '\\tinet %s netmask 0xffffff00\\n' 10.6.9.2 192.0.2.1`;
    const netstat = `echo 'Proto Recv-Q Send-Q Local Address Foreign Address TCP-State'
while read at far state; do echo "tcp 0 0 $at $far $state"; done <<-.
	10.6.9.2.4001 10.6.9.10.25 ESTABLISHED
	10.6.9.2.4002 10.6.9.3.25 ESTABLISHED
	10.6.9.2.25 10.6.9.10.4003 ESTABLISHED
.`;
    const others = { ifconfig, netstat, tcpdrop: 'echo "drop $*" >>"${0%/*}/smtpctl.said"' };
    const whenShown = (hosts: string) =>
      asked({ smtpctl: `[ "$2" != hosts ] || { ${hosts}; }`, others }, 'hold', 'release');
    it('ends the sessions with the former ones, and is not resumed before smtpd has forgotten them', () =>
      expect(whenShown('[ -e "$0.once" ] || echo "10.6.9.10 <unknown> refcount=1"; : >"$0.once"').slice(3)).toEqual([
        ...['drop 10.6.9.2 4001 10.6.9.10 25', 'drop 192.0.2.1 4001 10.6.9.10 25'],
        ...['show hosts', 'show hosts'],
        ...['resume mta', 'show status'],
      ]));
    it('does not wait for ever for that', () =>
      expect(whenShown('echo "10.6.9.10 <unknown> refcount=1"').filter(line => line === 'show hosts')).toHaveLength(
        100,
      ));
  });
  it('has smtpd resumed again if it was too busy', () =>
    expect(
      asked(
        { smtpctl: '[ "$*" != "show status" ] || [ -e "$0.twice" ] || { : >"$0.twice"; echo MTA paused; }' },
        'hold',
        'release',
      ).filter(line => line === 'resume mta'),
    ).toHaveLength(2));
});
