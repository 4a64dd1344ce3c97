import { describe, expect, it } from 'vitest';
import type { HeardHere } from '../../src/checks/first-hop.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import type { Verdict } from '../../src/checks/problem.ts';
import { change, reason } from '../../src/run/resource.ts';
import { fleet, machines, NOW, outside, type Says } from './machines.ts';
import { KEYS } from './probe-keys.ts';

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
  it('is well if every mx address answers a gateway', () => {
    expect(firstHop({}, {})).toMatchObject({
      kind: 'well',
      evidence: expect.stringContaining('accept mail from outside'),
    });
  });
  it('is not well if only the relay itself gets an answer, and nobody outside', () => {
    const verdict = firstHop({}, silent);
    expect(verdict.kind).toBe('unknown');
    expect(evidence(verdict)).toBe(
      'mx1.example.com (2001:db8:1234:1234::6969) could not be reached from outside (carinho: No route to host); pf passes it; mx2.example.com (192.0.2.25) could not be reached from outside (carinho: Operation timed out); pf passes it',
    );
  });
  it('is unknown for an address that a home without IPv6 cannot test', () => {
    expect(firstHop({}, { [KEYS.outside(MX1)]: failing('No route to host') })).toMatchObject({
      kind: 'unknown',
      evidence: expect.not.stringContaining('mx2.example.com'),
    });
  });
  it('is well if the machine that runs mailtun gets an answer and the gateway passes no mail out', () => {
    const heard: HeardHere = new Map([
      [MX1, { banner: '220 mx1.example.com ESMTP OpenSMTPD', why: '' }],
      [MX2, { banner: '220 mx2.example.com ESMTP OpenSMTPD', why: '' }],
    ]);
    expect(firstHop({}, silent, heard).kind).toBe('well');
  });
  it('is unknown if something in between answers for every address', () => {
    const verdict = firstHop({}, { [KEYS.outside(MX2)]: outside('smtp.provider.example') });
    expect(verdict.kind).toBe('unknown');
    expect(evidence(verdict)).toContain('another server answers there: 220 smtp.provider.example');
  });
  it('is broken if pf on the relay blocks it and nobody outside gets an answer', () => {
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
  it('is well if anybody gets an answer, whatever the rules say', () => {
    expect(firstHop({ questions: { [RULES]: DENYING } }, {}).kind).toBe('well');
  });
  it('is not blamed on rules while pf is disabled', () => {
    expect(firstHop({ questions: { [RULES]: DENYING, 'pfctl -si': 'Status: Disabled\n' } }, silent).kind).toBe(
      'unknown',
    );
  });
  it('is not blamed on rules that pass it', () => {
    const rules = `block return in all\nanchor "mailtun" all\n# anchor\npass in quick on ! wg0 inet proto tcp from any to ${MX2} port = 25 flags S/SA\npass in quick on ! wg0 inet6 proto tcp from any to ${MX1} port = 25 flags S/SA\n`;
    expect(firstHop({ questions: { [RULES]: rules } }, silent).kind).toBe('unknown');
  });
});
