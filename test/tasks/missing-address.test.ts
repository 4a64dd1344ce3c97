import { describe, expect, it } from 'vitest';
import { missingAddressRemedy } from '../../src/tasks/missing-address.ts';

const remedy = (wanted: string, ...has: string[]) =>
  missingAddressRemedy('namorar', wanted, ['127.0.0.1', '::1', ...has]);

describe('the remedy for an address that the host does not have', () => {
  it('names behind a 1:1 NAT the inside address, and does not add the public one', () => {
    expect(remedy('192.0.2.25', '10.0.0.5')).toBe(
      'namorar has 10.0.0.5: where the provider translates 192.0.2.25 to it (1:1 NAT), write 10.0.0.5 in the inventory under mx and outbound, and leave 192.0.2.25 to DNS and endpoint; else add it to hostname.if(5) and run sh /etc/netstart',
    );
  });
  it.each([
    ['the host has a public address of its own', '192.0.2.25', ['192.0.2.26', '10.0.0.5']],
    ['it is an IPv6 address', '2001:db8::25', ['10.0.0.5']],
    ['it is a private address itself', '10.0.0.6', ['10.0.0.5']],
    ['the host has no IPv4 at all', '192.0.2.25', ['2001:db8::1']],
  ])('is to add it if %s', (_, wanted, has) => {
    expect(remedy(wanted, ...has)).toBe(
      'on namorar add it to hostname.if(5) of its interface and run sh /etc/netstart with that interface, or correct the inventory',
    );
  });
});
