import { describe, expect, it } from 'vitest';
import type { HeardHere } from '../../src/checks/first-hop.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import type { Verdict } from '../../src/checks/problem.ts';
import { KEYS } from '../../src/checks/questions.ts';
import { change, reason } from '../../src/run/resource.ts';
import { fleet, machines, NOW, outside, type Says } from './machines.ts';

const [MX1, MX2] = ['2001:db8:1234:1234::6969', '192.0.2.25'];
const RULES = 'the rules that pf has loaded';
const DENYING = 'block return in all\npass in on egress proto tcp from any to any port = 22 flags S/SA\n# anchor\n';
const failing = (why: string) => `nc: connect to 192.0.2.25 port 25 (tcp) failed: ${why}\nexit 1`;

function firstHop(relay: Says, gateway: Record<string, string>, heard: HeardHere = new Map()): Verdict {
  const all = machines({ namorar: relay, carinho: { probes: gateway } });
  const judged = judgeFleet(fleet, all, NOW * 1000, heard);
  const found = judged.find(({ hop }) => hop.kind === 'internet');
  if (!found) throw new Error('there is no first hop');
  return found.verdict;
}
const silent = {
  [KEYS.outside(MX1)]: failing('No route to host'),
  [KEYS.outside(MX2)]: failing('Operation timed out'),
};
const evidence = (verdict: Verdict) => (verdict.kind === 'broken' ? verdict.problem.evidence : verdict.evidence);

describe('the first hop', () => {
  it('is well where a gateway was answered at every mx address', () => {
    expect(firstHop({}, {})).toMatchObject({
      kind: 'well',
      evidence: expect.stringContaining('accept mail from outside'),
    });
  });
  it('is not well by what the relay hears of itself: nobody outside was answered', () => {
    const verdict = firstHop({}, silent);
    expect(verdict.kind).toBe('unknown');
    expect(evidence(verdict)).toBe(
      'mx1.example.com (2001:db8:1234:1234::6969) could not be reached from outside (carinho: No route to host); pf passes it; mx2.example.com (192.0.2.25) could not be reached from outside (carinho: Operation timed out); pf passes it',
    );
  });
  it('is open for the address that a home without IPv6 can not try', () => {
    expect(firstHop({}, { [KEYS.outside(MX1)]: failing('No route to host') })).toMatchObject({
      kind: 'unknown',
      evidence: expect.not.stringContaining('mx2.example.com'),
    });
  });
  it('is well where the machine that runs mailtun was answered, and the gateway lets no mail out', () => {
    const heard: HeardHere = new Map([
      [MX1, { banner: '220 mx1.example.com ESMTP OpenSMTPD', why: '' }],
      [MX2, { banner: '220 mx2.example.com ESMTP OpenSMTPD', why: '' }],
    ]);
    expect(firstHop({}, silent, heard).kind).toBe('well');
  });
  it('is open where somebody in between answers for everybody', () => {
    const verdict = firstHop({}, { [KEYS.outside(MX2)]: outside('smtp.provider.example') });
    expect(verdict.kind).toBe('unknown');
    expect(evidence(verdict)).toContain('another server answers there: 220 smtp.provider.example');
  });
  it('is broken where pf on the relay blocks it, and nobody outside was answered', () => {
    const questions = { [RULES]: DENYING };
    const found = (plan = {}) => firstHop({ questions, plan }, silent);
    expect(found()).toMatchObject({
      kind: 'broken',
      problem: {
        code: 'mx-filtered',
        host: 'namorar',
        what: 'pf on namorar blocks mail to mx1.example.com (2001:db8:1234:1234::6969)',
        remedy: expect.stringMatching(
          /^on namorar: put "pass in quick inet6 proto tcp from any to 2001:db8:1234:1234::6969 port 25" before the rules/,
        ),
      },
    });
    const due = { task: 'packet-filter', ...change('anchor mailtun', reason('anchor-not-evaluated', 'x'), []) };
    expect(found({ changes: [due] })).toMatchObject({
      problem: { remedy: 'mailtun provision inventory.yaml --host namorar --only packet-filter' },
    });
  });
  it('is well where somebody was answered, whatever the rules seem to say', () => {
    expect(firstHop({ questions: { [RULES]: DENYING } }, {}).kind).toBe('well');
  });
  it('is not blamed on rules while pf is disabled', () => {
    expect(firstHop({ questions: { [RULES]: DENYING, 'pfctl -si': 'Status: Disabled\n' } }, silent).kind).toBe(
      'unknown',
    );
  });
  it('is not blamed on rules that let it in', () => {
    const rules = `block return in all\nanchor "mailtun" all\n# anchor\npass in quick on ! wg0 inet proto tcp from any to ${MX2} port = 25 flags S/SA\npass in quick on ! wg0 inet6 proto tcp from any to ${MX1} port = 25 flags S/SA\n`;
    expect(firstHop({ questions: { [RULES]: rules } }, silent).kind).toBe('unknown');
  });
});
