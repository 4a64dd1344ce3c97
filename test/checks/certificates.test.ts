import { describe, expect, it } from 'vitest';
import { certificateProblem, dueCertificates, renewalByOthers } from '../../src/checks/certificates.ts';
import type { CertificateFacts } from '../../src/facts/certificate-text.ts';
import { acme, article, files, fleetOf, hostOf } from '../tasks/fleets.ts';

const NOW = Date.parse('2026-11-27T06:00:00Z');
const DAY = 86_400_000;

const problemOf = (
  text: string,
  path: string,
  { life, left, ...facts }: { life: number; left: number } & Partial<CertificateFacts>,
  name = 'mx1.example.com',
) => {
  const fleet = fleetOf(text);
  const from = NOW + (left - life) * DAY;
  const until = NOW + left * DAY;
  const whole = { pem: '', from, until, issuer: 'x', fingerprint: '', publicKey: '', names: () => true, ...facts };
  return certificateProblem({ name, path, facts: whole, keyFits: true }, hostOf(fleet, 'namorar'), fleet, NOW);
};
const pem = '/etc/ssl/mx1.example.com.crt';
const selfSigned = '/etc/ssl/private/mx1.example.com.ssc';

describe('a certificate ends soon', () => {
  it.each([
    [6, 6, null],
    [6, 2, null],
    [6, 1.4, 'certificate-expiring'],
    [6, -0.1, 'certificate-expired'],
    [10, 3, null],
    [45, 45, null],
    [45, 8, null],
    [45, 7, 'certificate-expiring'],
    [64, 11, null],
    [64, 10, 'certificate-expiring'],
    [90, 15, null],
    [90, 13, 'certificate-expiring'],
    [398, 15, null],
    [3650, 15, null],
    [3650, 13, 'certificate-expiring'],
  ])('for one of %d days with %d days left', (life, left, code) => {
    expect(problemOf(acme, pem, { life, left })?.code ?? null).toBe(code);
  });
  it('in hours if it is less than two days', () =>
    expect(problemOf(acme, pem, { life: 6, left: 1 })?.evidence).toMatch(/, in 24 h$/));
  it('under the same words every day, so that status --since reports it once', () =>
    expect(problemOf(acme, pem, { life: 90, left: 12 })?.what).toBe(problemOf(acme, pem, { life: 90, left: 3 })?.what));
  it('or is not valid yet, which clients of an MX need not report', () => {
    expect(problemOf(acme, pem, { life: 90, left: 90, from: NOW + 2 * DAY })).toMatchObject({
      code: 'certificate-not-yet-valid',
      evidence: expect.stringContaining('from 2026-11-29T06:00:00.000Z'),
    });
  });
});

describe('the remedy depends on where the certificate is from', () => {
  const at = (text: string, path: string, name?: string) => problemOf(text, path, { life: 90, left: 3 }, name)?.remedy;
  it.each([
    [at(acme, pem), 'on namorar: acme-client -v mx1.example.com && rcctl restart smtpd'],
    [
      at(files, '/etc/ssl/mailtun.mx1.example.com.crt') ?? '',
      /^renew \S*mx1\.pem on this machine, then mailtun provision inventory\.yaml --host namorar --only own-certificates --only smtpd$/,
    ],
    [at(article, selfSigned), 'mailtun provision inventory.yaml'],
    // Of a name whose better certificate has not come yet, and of one that has none.
    [at(acme, selfSigned), 'mailtun provision inventory.yaml'],
    [at(files, '/etc/ssl/private/mx2.example.com.ssc', 'mx2.example.com'), 'mailtun provision inventory.yaml'],
  ])('%s', (remedy, expected) => {
    if (typeof expected === 'string') expect(remedy).toBe(expected);
    else expect(remedy).toMatch(expected);
  });
  it('the same for a hop at which an expired one is found', () => {
    const fleet = fleetOf(files);
    const seen = {
      name: 'smtp.example.com',
      path: '/etc/ssl/mailtun.smtp.example.com.crt',
      facts: null,
      keyFits: null,
    };
    expect(renewalByOthers([seen], seen.name, hostOf(fleet, 'namorar'), fleet)).toMatch(/^renew \S*smtp\.pem on this/);
    const own = { ...seen, path: '/etc/ssl/private/smtp.example.com.ssc' };
    expect(renewalByOthers([own], seen.name, hostOf(fleet, 'namorar'), fleet)).toBeNull();
    expect(renewalByOthers([], seen.name, hostOf(fleet, 'namorar'), fleet)).toBeNull();
  });
  it('and the same for a broken one', () => {
    const fleet = fleetOf(files);
    const broken = {
      name: 'mx1.example.com',
      path: '/etc/ssl/mailtun.mx1.example.com.crt',
      facts: null,
      keyFits: null,
    };
    expect(certificateProblem(broken, hostOf(fleet, 'namorar'), fleet, NOW)).toMatchObject({
      code: 'certificate-missing',
      remedy: 'mailtun provision inventory.yaml --host namorar --only own-certificates --only smtpd',
    });
  });
});

describe('a certificate that is due for renewal', () => {
  it.each([
    [6, 4, false],
    [6, 2.5, true],
    [6, 1, false],
    [45, 20, false],
    [45, 14, true],
    [90, 31, false],
    [90, 29, true],
    [90, 13, false],
    [3650, 45, false],
    [3650, 29, true],
  ])('of %d days with %d days left', (life, left, due) => {
    const from = NOW + (left - life) * DAY;
    const facts = {
      pem: '',
      from,
      until: NOW + left * DAY,
      issuer: 'x',
      fingerprint: '',
      publicKey: '',
      names: () => true,
    };
    const seen = { name: 'mx1.example.com', path: pem, facts, keyFits: true };
    expect(dueCertificates([seen], NOW)).toHaveLength(due ? 1 : 0);
  });
});
