import { describe, expect, it } from 'vitest';
import { MARKED } from '../../src/resources/file.ts';
import { noPfAnchor, pfAnchor, pfConfAnchor } from '../../src/resources/pf-anchor.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';
import { recorded } from '../recordings.ts';

const FILE = '/etc/pf.mailtun.conf';
const anchor = pfAnchor('mailtun', FILE, 'wg0');
const question = 'rules of the anchor mailtun';

// Recorded on a machine with the anchor in force: the main rules, the anchors, then the anchor's own rules.
const [, inForce = ''] = recorded('faults', 'pf: an anchor of our own in pf.conf').split('  mailtun\n');
const evaluated = 'block return all\nanchor "mailtun" all\npass all flags S/SA\n';
const said = (wouldLoad: string, loaded: string, main = evaluated, interfaces = 'wg0\n', conf = 'set skip on lo\n') =>
  observing([plainFile('/etc/pf.conf', conf)], {
    [question]: answer(`# would load\n${wouldLoad}# interfaces\n${interfaces}`),
    'the rules that pf has loaded': answer(`${main}# anchor\n${loaded}`),
  });

describe('an anchor in force', () => {
  it('is not changed', () => {
    expect(inForce).toContain('block return quick on wg0 all');
    expect(anchor.judge(said(inForce, inForce), world())).toBeNull();
  });
  it('is not changed, in whatever order pfctl prints its rules', () => {
    const [first = '', second = '', ...rest] = inForce.split('\n');
    expect(anchor.judge(said(inForce, [second, first, ...rest].join('\n')), world())).toBeNull();
  });
  it("is not changed if the user's state defaults appear in it", () => {
    const withDefaults = inForce.replace('echoreq\n', 'echoreq keep state (pflow)\n');
    expect(withDefaults).not.toBe(inForce);
    expect(anchor.judge(said(inForce, withDefaults), world())).toBeNull();
    const labelled = (text: string): string => text.replaceAll(/echoreq.*/g, '$& label "mailtun"');
    expect(anchor.judge(said(labelled(inForce), labelled(withDefaults)), world())).toBeNull();
    // print_rule() of pfctl_parser.c: what is translated comes after the options of the state.
    const through = 'pass out quick on ! wg0 inet proto tcp from 10.0.0.1 to 10.0.0.9 port = 22 flags S/SA';
    const [own, bound] = ['', ' keep state (if-bound)'].map(state => `${through}${state} nat-to 10.0.0.2\n`);
    expect(anchor.judge(said(`${own}${inForce}`, `${bound}${inForce}`), world())).toBeNull();
  });
});

describe('an anchor out of force', () => {
  it.each([
    ['flushed', said(inForce, ''), 'the loaded rules differ from its file'],
    ['with a rule more', said(inForce, `pass quick on wg0 all\n${inForce}`), 'the loaded rules differ from its file'],
    [
      'blocking first',
      said(inForce, `block return quick on wg0 all\n${inForce.replace('block return quick on wg0 all\n', '')}`),
      'the loaded rules differ from its file',
    ],
    ['not evaluated', said(inForce, inForce, ''), 'pf does not evaluate it'],
    ['another one evaluated', said(inForce, inForce, 'anchor "mailtun2" all\n'), 'pf does not evaluate it'],
  ])('is loaded when %s', (_, observed, why) => {
    expect(anchor.judge(observed, world())).toMatchObject({ why, risk: 'lockout' });
  });
  it('is loaded without pf.conf if that does not change', () => {
    const change = anchor.judge(said('', ''), world({}, [FILE]));
    expect(change?.why).toBe('its file will change');
    expect(change?.steps.map(step => step.command.args)).toEqual([['mailtun', FILE]]);
  });
  it('is loaded with pf.conf if that changes', () => {
    const change = anchor.judge(said('', ''), world({}, ['/etc/pf.conf']));
    expect(change?.steps.map(step => step.command.args)).toEqual([['/etc/pf.conf']]);
  });
});

it('a pf.conf that pfctl refuses, as it is, is named before anything is changed', () => {
  const refused = observing([plainFile('/etc/pf.conf', 'pass\npass on\n')], {
    [question]: answer('/etc/pf.conf:2: syntax error\n# would load\n# interfaces\nwg0\n'),
    'the rules that pf has loaded': answer('pass all flags S/SA\n# anchor\n'),
  });
  expect(() => anchor.judge(refused, world({}, ['/etc/pf.conf', FILE]))).toThrow(
    'pfctl refuses the /etc/pf.conf that is there: /etc/pf.conf:2: syntax error',
  );
});

it('a pf.conf with addresses of the interface that is still to be made is no reason to refuse the host', () => {
  const early = observing([plainFile('/etc/pf.conf', 'pass in on wg0 to wg0:network\n')], {
    [question]: answer(
      'no IP address found for wg0:network\n/etc/pf.conf:1: could not parse host specification\n# would load\n# interfaces\nwg0\n',
    ),
    'the rules that pf has loaded': answer('pass all flags S/SA\n# anchor\n'),
  });
  expect(anchor.judge(early, world({}, ['/etc/pf.conf', FILE]))).not.toBeNull();
});

describe('an interface that pf skips', () => {
  const skipping = (conf: string, interfaces = 'wg0 (skip)\n') => said(inForce, inForce, evaluated, interfaces, conf);
  it.each([
    ['by its name', 'set skip on { lo wg0 }\n', 1],
    ['by its group', '# mine\nset skip on wg\n', 2],
    ['over several lines', 'set block-policy drop\nset skip on { lo, \\\n  wg0 }\n', 2],
    ['in braces over several lines', 'set skip on {\n lo\n wg # the tunnel\n}\n', 1],
    ['in quotes', 'set skip on "wg0"\n', 1],
    ['in quotes and in braces', 'set skip on { "lo", "wg" } # mine\n', 1],
    ['by a macro', 'vpn = "{ wg0 wg1 }"\nskipped = $vpn\nset skip on $skipped\n', 3],
  ])('%s is refused with the line named', (_, conf, line) => {
    expect(() => anchor.judge(skipping(conf), world())).toThrow(`line ${line} of /etc/pf.conf, "set skip on `);
    expect(() => anchor.judge(skipping(conf, ''), world())).toThrow('keeps pf from filtering wg0');
  });
  it.each(['set skip on lo\n', 'set skip on { lo wg1 }\n', '# set skip on wg0\n', 'set skip on wg10\n'])(
    'is a different one than in %j',
    conf => expect(anchor.judge(skipping(conf, 'wg0\n'), world())).toBeNull(),
  );
  it('because of rules that pf.conf no longer has causes pf.conf to be loaded again', () => {
    const change = anchor.judge(skipping('set skip on lo\n'), world());
    expect(change?.why).toBe('pf skips wg0, and no line of /etc/pf.conf says so');
  });
  it('has the files named that pf.conf includes, since one of them may say so', () => {
    const conf =
      'set skip on lo\ninclude "/etc/pf.common"\n# include "/etc/pf.old"\n  include "/etc/pf.site" # mine\npass\n';
    const change = anchor.judge(skipping(conf), world());
    expect(change?.why).toBe(
      'pf skips wg0, and no line of /etc/pf.conf says so; it includes /etc/pf.common, /etc/pf.site: see set skip there',
    );
    expect(change?.steps.map(step => step.command.args)).toEqual([['/etc/pf.conf']]);
  });
});

describe('pf.conf', () => {
  const stock = plainFile('/etc/pf.conf', 'set skip on lo\n\nblock return\npass\n', { mode: '0600' });
  it('gets the lines, is checked by pfctl and keeps its mode', () => {
    const change = pfConfAnchor('mailtun', FILE).judge(observing([stock]), world());
    expect(change).toMatchObject({ why: 'does not load the anchor', risk: 'lockout' });
    expect(change?.steps[0]?.stage?.args.slice(0, 4)).toEqual(['/etc/pf.conf', '0600', 'root', 'wheel']);
    expect(change?.steps[0]?.command.args.slice(-2)).toEqual(['pfctl', '-nf']);
  });
  it('is not created', () => {
    expect(() => pfConfAnchor('mailtun', FILE).judge(observing([absent('/etc/pf.conf')]), world())).toThrow(
      '/etc/pf.conf is missing',
    );
  });
});

describe('packet_filter: off', () => {
  const with_ = `set skip on lo\n\nanchor "mailtun"\nload anchor "mailtun" from "${FILE}"\npass\n`;
  const judged = (conf: string, ours: string | null) =>
    noPfAnchor('mailtun', FILE).map(one =>
      one.judge(
        observing([plainFile('/etc/pf.conf', conf), ours === null ? absent(FILE) : plainFile(FILE, ours)]),
        world(),
      ),
    );
  it('removes the lines and then the file', () => {
    const [conf, file] = judged(with_, `${MARKED}\nblock\n`);
    expect(conf?.diff?.after).toBe('set skip on lo\n\npass\n');
    expect(conf?.steps.map(step => step.label)).toEqual(['writes /etc/pf.conf', 'loads /etc/pf.conf']);
    expect(file?.why).toBe('no longer needed');
  });
  it('does not change an anchor that somebody else has made', () => {
    expect(judged(with_, 'block\n')).toEqual([null, null]);
  });
  it('does nothing if there is nothing', () => {
    expect(judged('pass\n', null)).toEqual([null, null]);
  });
});
