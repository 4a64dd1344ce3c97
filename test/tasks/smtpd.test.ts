import { describe, expect, it } from 'vitest';
import { plan } from '../../src/run/plan.ts';
import type { Question } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { nothingShown, type Shown, vouchedNames } from '../../src/tasks/shown-certificates.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answeringAll, plainFile } from '../answers.ts';
import {
  acme,
  article,
  articleWith,
  bouncesSent,
  fleetOf,
  hostOf,
  singleMachine,
  tlsOff,
  twoRelays,
} from './fleets.ts';

const whatCanBe: Shown = (relay, name) => vouchedNames(relay).includes(name);

/** The files whose change has smtpd started anew. */
function readBy(text: string, name: string): readonly string[] {
  const fleet = fleetOf(text);
  const service = smtpd.resources(hostOf(fleet, name), fleet).find(({ id }) => id === 'service smtpd');
  const isRun = (one: Question) => one.kind === 'run';
  const question = service?.questions.find(isRun);
  return question?.kind === 'run' ? question.command.args.filter(word => word.startsWith('/')) : [];
}

describe('smtpd is restarted', () => {
  it('for every file that it reads when it starts', () => {
    expect(readBy(article, 'carinho')).toEqual([
      '/etc/mail/smtpd.conf',
      '/etc/mail/aliases',
      '/etc/mail/secrets',
      '/etc/ssl/vpnca.pem',
      '/etc/ssl/lanca.pem',
      '/etc/ssl/private/vpn0.example.com.ssc',
      '/etc/ssl/private/vpn0.example.com.key',
      '/etc/ssl/private/carinho.lan.ssc',
      '/etc/ssl/private/carinho.lan.key',
      '/etc/mail/mailname',
    ]);
  });
  it('for recipients if it delivers', () => {
    expect(readBy(singleMachine, 'carinho')).toContain('/etc/mail/recipients');
    expect(readBy(article, 'carinho')).not.toContain('/etc/mail/recipients');
  });
  it('for the certificates of an authority next to the self-signed ones', () => {
    expect(readBy(acme, 'namorar').filter(path => path.includes('mx1'))).toEqual([
      '/etc/ssl/private/mx1.example.com.ssc',
      '/etc/ssl/private/mx1.example.com.key',
      '/etc/ssl/mx1.example.com.crt',
    ]);
  });
  it('for the files of TLS even if it is off: they are used until every host has changed', () => {
    const withTls = readBy(tlsOff.replace('tls: off', 'tls: on'), 'carinho');
    expect(readBy(tlsOff, 'carinho').toSorted()).toEqual([...withTls, '/etc/ssl/cert.pem'].toSorted());
  });
  it.each(Object.entries({ article, singleMachine, twoRelays, acme, tlsOff, bouncesSent }))(
    'for the public authorities if something of it names no other: %s',
    (_, text) => {
      const fleet = fleetOf(text);
      for (const host of fleet.hosts) {
        for (const shown of [nothingShown, whatCanBe]) {
          const lines = smtpdConf(host, fleet, shown).split('\n');
          const bare = lines.filter(line => /^(action .* relay|listen .* tls)/.test(line) && !/ ca \w/.test(line));
          const read = readBy(text, host.name).includes('/etc/ssl/cert.pem');
          if (bare.length > 0) expect([host.name, ...bare, read]).toEqual([host.name, ...bare, true]);
        }
      }
      expect(readBy(text, 'namorar')).toContain('/etc/ssl/cert.pem');
    },
  );
});

describe('the configuration waits', () => {
  const waitsFor = (text: string, name: string) => {
    const fleet = fleetOf(text);
    const assigned = assign([smtpd], hostOf(fleet, name), fleet);
    const asked = new Set(
      assigned.flatMap(({ resource }) => resource.questions.flatMap(one => (one.kind === 'file' ? [one.path] : []))),
    );
    const files = [...asked].map(path => plainFile(path, '# x'));
    return [...asked].filter(missing => {
      const observed = answeringAll(
        assigned,
        files.filter(({ path }) => path !== missing),
      );
      return plan(assigned, observed, new Map()).waiting.length > 0;
    });
  };
  it('for files that contain what other hosts make', () => {
    expect(waitsFor(article, 'namorar').toSorted()).toEqual(['/etc/mail/secrets', '/etc/ssl/vpnca.pem']);
    expect(waitsFor(article, 'mimando')).toEqual(['/etc/ssl/lanca.pem']);
  });
  it('for none of them without TLS', () => {
    expect(waitsFor(tlsOff, 'namorar')).toEqual([]);
  });
  it('for nothing in a LAN without hosts', () => {
    const lonely = articleWith(/ {2}mimando:[\s\S]*/, '');
    expect(readBy(lonely, 'carinho').filter(path => path.includes('lan'))).toEqual([]);
  });
});
