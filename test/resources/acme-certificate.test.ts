import { describe, expect, it } from 'vitest';
import { acmeCertificate } from '../../src/resources/acme-certificate.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';
import { pairFor } from './vouched.ts';

const name = 'mx1.example.com';
const desired = {
  name,
  cert: `/etc/ssl/${name}.crt`,
  key: `/etc/ssl/private/${name}.key`,
  shownKey: 'shown',
  verified: false,
};
const resource = acmeCertificate('namorar', desired);
const root = pairFor('Test Root');
const pair = pairFor(name, 60, root);
const DAY = 86_400_000;

const observed = (cert: string | null, key = pair.publicKey, attempt = '') =>
  observing([cert === null ? absent(desired.cert) : plainFile(desired.cert, cert)], {
    [`the key of ${desired.cert}`]: answer(key),
    [`the attempt for ${name}`]: answer(attempt),
  });
const at = (days: number) => world({}, [], Date.now() + days * DAY);

describe('a certificate of an authority', () => {
  it('is left to cron while it is valid', () => {
    expect(resource.judge(observed(pair.cert), at(0))).toBeNull();
    expect(resource.judge(observed(pair.cert), at(59))).toBeNull();
  });
  it.each([
    ['missing', observed(null, ''), 0],
    ['has expired', observed(pair.cert), 61],
    ['its key is missing', observed(pair.cert, ''), 0],
    ['certificate and key do not match', observed(pair.cert, root.publicKey), 0],
    [`does not name ${name}`, observed(root.cert, root.publicKey), 0],
  ])('is requested if it is: %s', (why, answers, days) => {
    const change = resource.judge(answers, at(days));
    expect(change).toMatchObject({ why, takesOver: null });
    expect(change?.steps[0]?.command.args.slice(0, 2)).toEqual([name, desired.cert]);
  });
  it('that was not issued in this run is a failure that says why, and what is still used', () => {
    const refused = observed(null, '', 'status 1\nacme-client: http://x\nacme-client: bad exit: netproc(4): 1\n');
    expect(() => resource.judge(refused, at(0))).toThrow(
      `namorar: the certificate authority issued no certificate for ${name}; the self-signed one stays in use: acme-client: bad exit: netproc(4): 1`,
    );
  });
  it('whose authority did not answer is reported differently', () => {
    expect(() => resource.judge(observed(null, '', 'status 124\n'), at(0))).toThrow('did not answer');
  });
  it('that exists in the end is not a failure', () => {
    expect(resource.judge(observed(pair.cert, pair.publicKey, 'status 0\nacme-client: done\n'), at(0))).toBeNull();
  });
});

describe('what smtpd presents', () => {
  const shown = (cert: string | null, key: string, verified = false) =>
    acmeCertificate('namorar', { ...desired, verified }).publish?.(observed(cert, key));
  it('is the certificate once it matches its key and name', () => {
    expect(shown(pair.cert, pair.publicKey)).toEqual({ shown: 'vouched' });
  });
  it('is the self-signed one before that, and if the certificate becomes invalid', () => {
    expect(shown(null, pair.publicKey)).toEqual({ shown: 'self-signed' });
    expect(shown(pair.cert, root.publicKey)).toEqual({ shown: 'self-signed' });
  });
  it('is, to a gateway that verifies, only what systems trust: a staging certificate would stop outbound mail', () => {
    expect(shown(pair.cert, pair.publicKey, true)).toEqual({ shown: 'self-signed' });
    expect(shown(pair.cert, `trusted\n${pair.publicKey}`, true)).toEqual({ shown: 'vouched' });
  });
});
