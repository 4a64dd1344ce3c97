import { describe, expect, it } from 'vitest';
import { certificateKey } from '../../src/resources/certificate.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { certificates } from '../../src/tasks/certificates.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { answeringAll, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(article);
const relay = fleet.hosts.filter(host => host.role === 'relay');
const names = ['vpn1.example.com', 'smtp.example.com', 'mx1.example.com', 'mx2.example.com'];
const FILES = ['/etc/mail/secrets', '/etc/ssl/vpnca.pem', '/etc/mail/aliases'];

/** Of the relay's tasks, with the certificates of these names. */
const planned = (tasks: Parameters<typeof assign<(typeof relay)[number], typeof fleet>>[0], there: readonly string[]) =>
  relay.map(host => {
    const assigned = assign(tasks, host, fleet);
    const own = [...FILES, ...there.map(name => `/etc/ssl/private/${name}.ssc`)].map(path => plainFile(path, '# x'));
    return plan(assigned, answeringAll(assigned, own), new Map());
  })[0];

/** Failures of a host where smtpd is the only task, all other hosts have published their parts, and one file is missing. */
function onlySmtpd(name: string, missing: string) {
  const assigned = assign([smtpd], hostOf(fleet, name), fleet);
  const asked = assigned.flatMap(({ resource }) =>
    resource.questions.flatMap(one =>
      one.kind === 'file' && one.path !== missing ? [plainFile(one.path, '# x')] : [],
    ),
  );
  const parts = { 'password hash': 'x', ...Object.fromEntries(PARTS.map(part => [certificateKey(part), 'x'])) };
  const published = new Map(fleet.hosts.map(host => [host.name, parts]));
  return plan(assigned, answeringAll(assigned, asked), published).failures;
}
const PARTS = [...names, 'vpn0.example.com', 'carinho.lan', 'mimando.lan'];

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

describe('a file that the new smtpd.conf names and --only smtpd does not make', () => {
  it.each([
    ['namorar', '/etc/ssl/vpnca.pem', 'trust'],
    ['namorar', '/etc/mail/secrets', 'credentials'],
    ['namorar', '/etc/mail/aliases', 'aliases'],
    ['carinho', '/etc/ssl/vpnca.pem', 'trust'],
    ['carinho', '/etc/ssl/lanca.pem', 'trust'],
    ['carinho', '/etc/mail/secrets', 'credentials'],
    ['mimando', '/etc/ssl/lanca.pem', 'trust'],
    ['mimando', '/etc/mail/recipients', 'aliases'],
  ])('on %s, %s, is named before anything is changed, with the task %s', (host, path, task) =>
    expect(onlySmtpd(host, path)).toMatchObject([
      {
        code: 'task-needed',
        what: expect.stringContaining(`would name ${path}, which does not exist`),
        remedy: expect.stringContaining(`--only ${task} as well`),
      },
    ]),
  );
  it.each([
    ['namorar', '/etc/ssl/lanca.pem'],
    ['carinho', '/etc/mail/recipients'],
    ['mimando', '/etc/mail/secrets'],
  ])('on %s, %s, is not needed', (host, path) => expect(onlySmtpd(host, path)).toEqual([]));
});
