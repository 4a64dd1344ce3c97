import { describe, expect, it } from 'vitest';
import type { Question } from '../../src/engine/resource.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { acme, article, articleWith, fleetOf, hostOf, singleMachine, tlsOff } from './fleets.ts';

/** The files whose change has smtpd started anew. */
function readBy(text: string, name: string): readonly string[] {
  const fleet = fleetOf(text);
  const service = smtpd.resources(hostOf(fleet, name), fleet).at(-1);
  const isRun = (one: Question) => one.kind === 'run';
  const question = service?.questions.find(isRun);
  return question?.kind === 'run' ? question.command.args.filter(word => word.startsWith('/')) : [];
}

describe('smtpd starts anew', () => {
  it('for every file it reads when it starts', () => {
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
    ]);
  });
  it('for recipients where it delivers', () => {
    expect(readBy(singleMachine, 'carinho')).toContain('/etc/mail/recipients');
    expect(readBy(article, 'carinho')).not.toContain('/etc/mail/recipients');
  });
  it('for the certificates of an authority beside the self-signed ones', () => {
    expect(readBy(acme, 'namorar').filter(path => path.includes('mx1'))).toEqual([
      '/etc/ssl/private/mx1.example.com.ssc',
      '/etc/ssl/private/mx1.example.com.key',
      '/etc/ssl/mx1.example.com.crt',
    ]);
  });
  it('for nothing of the tunnel or the LAN without TLS', () => {
    expect(readBy(tlsOff, 'carinho')).toEqual(['/etc/mail/smtpd.conf', '/etc/mail/aliases']);
  });
});

describe('the configuration waits', () => {
  const waitsFor = (text: string, name: string) => {
    const fleet = fleetOf(text);
    const [conf] = smtpd.resources(hostOf(fleet, name), fleet);
    return conf?.questions.flatMap(one => (one.kind === 'file' && one.want === 'stat' ? [one.path] : []));
  };
  it('for files that are made of what other hosts make', () => {
    expect(waitsFor(article, 'namorar')).toContain('/etc/mail/secrets');
    expect(waitsFor(article, 'mimando')).toEqual(['/etc/ssl/lanca.pem']);
  });
  it('for none of them without TLS', () => {
    expect(waitsFor(tlsOff, 'namorar')).toEqual([]);
  });
  it('for nothing in a LAN that has nobody in it', () => {
    const lonely = articleWith(/ {2}mimando:[\s\S]*/, '');
    expect(readBy(lonely, 'carinho').filter(path => path.includes('lan'))).toEqual([]);
  });
});
