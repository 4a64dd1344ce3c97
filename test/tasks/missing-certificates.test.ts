import { describe, expect, it } from 'vitest';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { certificates } from '../../src/tasks/certificates.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { answeringAll, plainFile } from '../answers.ts';
import { article, fleetOf } from './fleets.ts';

const fleet = fleetOf(article);
const relay = fleet.hosts.filter(host => host.role === 'relay');
const names = ['vpn1.example.com', 'smtp.example.com', 'mx1.example.com', 'mx2.example.com'];
const files = ['/etc/mail/secrets', '/etc/ssl/vpnca.pem'].map(path => plainFile(path, 'x'));

/** Of the relay's tasks, with the certificates of these names. */
const planned = (tasks: Parameters<typeof assign<(typeof relay)[number], typeof fleet>>[0], there: readonly string[]) =>
  relay.map(host => {
    const assigned = assign(tasks, host, fleet);
    const own = there.map(name => plainFile(`/etc/ssl/private/${name}.ssc`, 'x'));
    return plan(assigned, answeringAll(assigned, [...files, ...own]), new Map());
  })[0];

describe('a certificate that the new smtpd.conf names and the host does not have', () => {
  it('is refused if the task that makes it was left out', () => {
    expect(planned([smtpd], names)?.failures).toEqual([]);
    expect(planned([smtpd], names.slice(0, 3))?.failures).toMatchObject([
      { code: 'task-needed', what: expect.stringContaining('the certificate of mx2.example.com') },
    ]);
  });
  it('is made in the same run otherwise', () => {
    expect(planned([certificates, smtpd], names.slice(0, 3))?.failures).toEqual([]);
  });
});
