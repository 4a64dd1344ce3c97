import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostParts, recordSets } from '../../src/checks/public-records.ts';
import { type Fleet, relaysOf } from '../../src/hosts/fleet.ts';
import { zoneText } from '../../src/report/zone.ts';
import { runLabProgram } from '../lab-program.ts';
import { article, articleWith, fleetOf, several } from '../tasks/fleets.ts';

const textOf = (fleet: Fleet): string => zoneText(fleet, recordSets(fleet), []);
const withDmarc = articleWith(/# dmarc: .*/, 'dmarc: { policy: none, reports: postmaster@example.com }');

describe('the zone file text', () => {
  it('has every record, and as a comment what only the provider can set', () => {
    expect(textOf(fleetOf(withDmarc))).toMatchInlineSnapshot(`
      "; example.com
      example.com.        IN MX   10 mx1.example.com.
      example.com.        IN MX   10 mx2.example.com.
      example.com.        IN TXT  "v=spf1 ip6:2001:db8:1234:1234::b17e ip4:192.0.2.25 -all"
      _dmarc.example.com. IN TXT  "v=DMARC1; p=none; rua=mailto:postmaster@example.com"
      mx1.example.com.    IN AAAA 2001:db8:1234:1234::6969
      mx2.example.com.    IN A    192.0.2.25
      smtp.example.com.   IN AAAA 2001:db8:1234:1234::b17e
      smtp.example.com.   IN A    192.0.2.25
      smtp.example.com.   IN TXT  "v=spf1 ip6:2001:db8:1234:1234::b17e ip4:192.0.2.25 -all"
      ; optional, reports of failed TLS:
      ; _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@example.com"

      ; to be set by the provider of the addresses:
      ; e.7.1.b.0.0.0.0.0.0.0.0.0.0.0.0.4.3.2.1.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR  smtp.example.com.
      ; 25.2.0.192.in-addr.arpa. IN PTR  smtp.example.com.
      "
    `);
  });
  it('has every relay in each domain', () => {
    expect(textOf(fleetOf(several))).toMatchInlineSnapshot(`
      "; example.com
      example.com.       IN MX   10 mx1.example.com.
      example.com.       IN MX   10 mx2.example.com.
      example.com.       IN MX   10 mx3.example.com.
      example.com.       IN TXT  "v=spf1 ip6:2001:db8:1234:1234::b17e ip4:192.0.2.25 ip4:198.51.100.25 -all"
      mx1.example.com.   IN AAAA 2001:db8:1234:1234::6969
      mx2.example.com.   IN A    192.0.2.25
      smtp.example.com.  IN AAAA 2001:db8:1234:1234::b17e
      smtp.example.com.  IN A    192.0.2.25
      mx3.example.com.   IN A    198.51.100.25
      smtp2.example.com. IN A    198.51.100.25
      ; optional, reports of failed TLS:
      ; _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@example.com"

      ; example.org
      example.org.       IN MX   10 mx1.example.com.
      example.org.       IN MX   10 mx2.example.com.
      example.org.       IN MX   10 mx3.example.com.
      example.org.       IN TXT  "v=spf1 ip6:2001:db8:1234:1234::b17e ip4:192.0.2.25 ip4:198.51.100.25 -all"
      ; optional, reports of failed TLS:
      ; _smtp._tls.example.org. IN TXT "v=TLSRPTv1; rua=mailto:postmaster@example.org"

      ; to be set by the provider of the addresses:
      ; e.7.1.b.0.0.0.0.0.0.0.0.0.0.0.0.4.3.2.1.4.3.2.1.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR  smtp.example.com.
      ; 25.2.0.192.in-addr.arpa. IN PTR  smtp.example.com.
      ; 25.100.51.198.in-addr.arpa. IN PTR  smtp2.example.com.
      "
    `);
  });
  it('leaves out a private address without a known public one, and says so', () => {
    const two = article
      .replaceAll('192.0.2.25', '10.0.0.25')
      .replace('endpoint: 10.0.0.25', 'endpoint: relay.example.com');
    const lines = textOf(fleetOf(two)).split('\n');
    expect(lines.filter(line => line.includes('10.0.0.25'))).toEqual([]);
    expect(lines).toContain(
      '; mx2.example.com. IN A: the public address of a private one, which is not in the inventory',
    );
  });
  it('has the endpoint in place of the only private address of the relay', () => {
    const behind = article.replaceAll('192.0.2.25', '10.0.0.25').replace('endpoint: 10.0.0.25', 'endpoint: 192.0.2.25');
    expect(textOf(fleetOf(behind))).toMatch(/^mx2\.example\.com\. +IN A +192\.0\.2\.25$/m);
  });
  it('has another policy for subdomains, before the reports', () => {
    const other = articleWith(/# dmarc: .*/, 'dmarc: { policy: none, subdomains: reject, reports: a@example.com }');
    expect(textOf(fleetOf(other))).toContain('"v=DMARC1; p=none; sp=reject; rua=mailto:a@example.com"');
  });
  it('has the record with which another domain accepts the reports', () => {
    const far = articleWith(/# dmarc: .*/, 'dmarc: { policy: reject, reports: dmarc@reports.example }');
    expect(textOf(fleetOf(far))).toMatch(/^example\.com\._report\._dmarc\.reports\.example\. +IN TXT +"v=DMARC1"$/m);
  });
});

/** What relays say, as it comes: a key of 2048 bits takes two character-strings. */
const heard = (fleet: Fleet): HostParts => ({
  dkim: new Map(
    relaysOf(fleet).map(({ name }) => [
      name,
      [
        { selector: 'mailtun', state: 'key', record: `v=DKIM1; k=rsa; p=${'A'.repeat(392)}` },
        { selector: 'old', state: 'key', record: `v=DKIM1; k=ed25519; p=${'B'.repeat(43)}=` },
      ],
    ]),
  ),
  tlsa: new Map(relaysOf(fleet).map(({ name, mx }) => [name, new Map(mx.map(one => [one.name, '8c'.repeat(32)]))])),
});
const signed = article.replace(/# dkim: true/, 'dkim: true #').replace(/# tlsa: true/, 'tlsa: true #');

it('records that depend on a relay are left out, with a comment, if it did not answer', () => {
  const fleet = fleetOf(signed);
  const lines = zoneText(fleet, recordSets(fleet), [{ host: 'namorar', why: 'no route to host' }]).split('\n');
  expect(lines).toContain(
    '; mailtun._domainkey.example.com. IN TXT: namorar has not made the key yet, or could not be asked',
  );
  expect(lines).toContain(
    '; _25._tcp.mx1.example.com. IN TLSA: namorar has not made the key yet, or could not be asked',
  );
  expect(lines).toContain('; left out: the keys of namorar: no route to host');
  expect(lines.filter(line => / (TLSA|TXT) +(3|"v=DKIM1)/.test(line))).toEqual([]);
});

describe('named-checkzone', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zone-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['example.com', withDmarc],
    ['example.com', several],
    ['example.org', several],
    ['example.com', signed],
  ])('accepts the block of %s', (domain, inventory) => {
    const fleet = fleetOf(inventory);
    const block = zoneText(fleet, recordSets(fleet, heard(fleet)), [])
      .split('\n\n')
      .find(text => text.startsWith(`; ${domain}\n`));
    const head = [`$TTL 3600`, `@ IN SOA ns.else.example. hostmaster 1 2 3 4 5`, '@ IN NS ns.else.example.'];
    writeFileSync(join(folder, 'zone'), [...head, block, ''].join('\n'));
    // The records that were loaded are counted: a name outside the zone would be ignored without a message of refusal.
    const { status, stdout } = runLabProgram([
      'named-checkzone',
      '-i',
      'local',
      '-D',
      '-o',
      '-',
      domain,
      join(folder, 'zone'),
    ]);
    const records = (block ?? '').split('\n').filter(line => line !== '' && !line.startsWith(';'));
    const loaded = stdout.split('\n').filter(line => / IN (MX|A|AAAA|TXT|TLSA)[ \t]/.test(line.replaceAll('\t', ' ')));
    expect({ status, loaded: loaded.length }, stdout).toEqual({ status: 0, loaded: records.length });
  });
});
