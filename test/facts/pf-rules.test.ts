import { describe, expect, it } from 'vitest';
import { blockingRule, type Packet, rulesSay } from '../../src/facts/pf-rules.ts';
import { recorded } from '../recordings.ts';

const mail: Packet = {
  direction: 'in',
  protocol: 'tcp',
  address: '192.0.2.25',
  port: 25,
  on: ['vio0', 'egress', 'all'],
};
const wg: Packet = {
  direction: 'out',
  protocol: 'udp',
  address: '192.0.2.25',
  port: 6900,
  on: ['vio0', 'egress', 'all'],
};
const says = (rules: readonly string[], packet = mail, anchors = {}) => rulesSay(rules.join('\n'), packet, anchors);

describe('a decision by loaded rules', () => {
  it('is, on a recorded machine, that of the last match: pass', () => {
    const text = recorded('faults', 'pf: an anchor of our own in pf.conf');
    const [main = '', anchor = ''] = text.slice(text.indexOf('anchor "mailtun" all')).split('  mailtun\n');
    expect(rulesSay(main, mail, { mailtun: anchor })).toBe('pass');
    expect(rulesSay(main, { ...mail, on: ['wg0', 'wg', 'all'] }, { mailtun: anchor })).toBe('block');
    expect(rulesSay(main, mail)).toBe('unclear');
  });
  it.each([
    ['nothing is loaded', [], 'pass'],
    [
      'all is blocked but ssh',
      ['block return in all', 'pass in on egress proto tcp from any to any port = 22 flags S/SA'],
      'block',
    ],
    [
      'the port is let in',
      ['block drop in all', 'pass in on egress inet proto tcp from any to 192.0.2.25 port = 25 flags S/SA'],
      'pass',
    ],
    ['a range has it', ['block drop all', 'pass in proto tcp from any to (egress) port 20:30 flags S/SA'], 'pass'],
    [
      'a quick block comes first',
      ['block drop in log quick proto tcp from any to any port = 25', 'pass all flags S/SA'],
      'block',
    ],
    ['a list of bad hosts is blocked', ['pass all flags S/SA', 'block drop in quick from <bruteforce> to any'], 'pass'],
    [
      'only friends are let in',
      ['block drop all', 'pass in proto tcp from 198.51.100.0/24 to any port = 25 flags S/SA'],
      'block',
    ],
    [
      'another address is let in',
      ['block drop all', 'pass in inet proto tcp from any to 192.0.2.26 port = 25 flags S/SA'],
      'block',
    ],
    [
      'another family is let in',
      ['block drop all', 'pass in inet6 proto tcp from any to any port = 25 flags S/SA'],
      'block',
    ],
    ['a table says to whom', ['block drop all', 'pass in proto tcp from any to <mx> port = 25 flags S/SA'], 'unclear'],
    ['an anchor of others may', ['block drop all', 'anchor "relayd/*" all'], 'unclear'],
    [
      'braces are for another interface',
      ['pass all flags S/SA', 'anchor in on em2 all {', '  block drop quick all', '}'],
      'pass',
    ],
    [
      'braces are for its interface',
      ['pass all flags S/SA', 'anchor in on egress all {', '  block drop all', '}', 'pass out all flags S/SA'],
      'block',
    ],
    [
      'braces in braces are for another protocol',
      ['block drop all', 'anchor in on vio0 all {', '  anchor proto udp all {', '    pass quick all', '  }', '}'],
      'block',
    ],
    [
      'braces are for some clients',
      ['pass all flags S/SA', 'anchor in from <friends> to any {', '  block drop quick all', '}'],
      'pass',
    ],
    [
      'braces are for a destination that a table has',
      ['anchor in from any to <mx> {', '  block drop all', '}'],
      'unclear',
    ],
    ['a network is blocked', ['pass all flags S/SA', 'block return in inet from any to 192.0.2.0/24'], 'block'],
    [
      'what a port scanner sends is blocked',
      [
        'pass all flags S/SA',
        'block drop in quick proto tcp all flags FPU/FSRPAUEW',
        'block drop in proto tcp all flags /S',
      ],
      'pass',
    ],
    ['the first packet of a connection is blocked', ['block drop in proto tcp from any to any flags S/SA'], 'block'],
    ['fragments are blocked', ['block drop in quick all fragment', 'pass all flags S/SA'], 'pass'],
    [
      'what was received elsewhere is blocked',
      ['pass all flags S/SA', 'block drop in all !received-on vio0', 'block drop in all prio 0'],
      'unclear',
    ],
  ] as const)('depends on them where %s', (_, rules, said) => {
    expect(says(rules)).toBe(said);
  });
  it('is about the packets of a known far end, and names the rule that blocks them', () => {
    const far = '2001:db8:c1da::2';
    const echo: Packet = {
      direction: 'in',
      protocol: 'icmp6',
      address: '2001:db8:c1da::1',
      port: 0,
      on: ['wg0', 'wg', 'all'],
      from: far,
    };
    const pass = `pass in quick on wg0 inet6 proto ipv6-icmp from ${far} to 2001:db8:c1da::1 icmp6-type echoreq`;
    const last = 'block return quick on wg0 all';
    expect(says([pass, last], echo)).toBe('pass');
    expect(blockingRule([pass, last].join('\n'), echo)).toBeNull();
    expect(blockingRule([pass.replace(far, '2001:db8:c1da::3'), last].join('\n'), echo)).toBe(last);
    expect(blockingRule(['block drop in quick on wg0 inet6 proto ipv6-icmp all', pass].join('\n'), echo)).toBe(
      'block drop in quick on wg0 inet6 proto ipv6-icmp all',
    );
    expect(blockingRule([`block drop in quick from ! ${far} to any`, pass, last].join('\n'), echo)).toBeNull();
    const other = 'block drop in quick inet6 proto ipv6-icmp all icmp6-type redir';
    expect(says([other, pass, last], echo)).toBe('pass');
    expect(says([other.replace('redir', 'echoreq'), pass], echo)).toBe('block');
  });
  it('is about outgoing packets, and not about incoming ones', () => {
    const chosen = [
      'block return all',
      'pass out proto tcp from any to any port = 443 flags S/SA',
      'pass out proto udp from any to any port = 53',
    ];
    expect(says(chosen, wg)).toBe('block');
    expect(says([...chosen, 'pass out on egress proto udp from (egress) to any port = 6900'], wg)).toBe('pass');
    expect(says(['block return in all', 'pass out all flags S/SA'], wg)).toBe('pass');
  });
});
