import { describe, expect, it } from 'vitest';
import { spfVerdict } from '../../src/checks/spf.ts';
import { spfRecords } from '../../src/facts/spf.ts';

describe('an SPF record', () => {
  it.each([
    ['v=spf1 ip4:192.0.2.25 -all', 'passes'],
    ['v=spf1 ip4:192.0.2.0/24 -all', 'passes'],
    ['v=spf1 ip6:2001:db8::/32 -all', 'fails'],
    ['v=spf1 mx -all', 'passes'],
    ['v=spf1 a ~all', 'passes'],
    ['v=spf1 -ip4:192.0.2.25 +all', 'fails'],
    ['v=spf1 include:other.example -all', 'unknown'],
    ['v=spf1 ip4:198.51.100.1 include:other.example -all', 'unknown'],
    ['v=spf1 redirect=other.example', 'unknown'],
    ['v=spf1 -all', 'fails'],
    ['v=spf1 ?all', 'unknown'],
    ['v=spf1 ip4:nonsense/99 -all', 'fails'],
    ['google-site-verification=x', 'no record'],
  ])('%s: %s', (record, expected) => {
    expect(spfVerdict(spfRecords(['something else', record])[0]?.terms ?? null, '192.0.2.25', ['192.0.2.25'])).toBe(
      expected,
    );
  });
});
