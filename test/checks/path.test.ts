import { describe, expect, it } from 'vitest';
import { hopName, hopsOf } from '../../src/checks/path.ts';
import { healthQuestions, probesOf } from '../../src/checks/questions.ts';
import {
  article,
  fleetOf,
  hostOf,
  severalStations,
  singleMachine,
  tlsOff,
  twoGateways,
  twoRelays,
} from '../tasks/fleets.ts';

const names = (text: string): readonly string[] => hopsOf(fleetOf(text)).map(hopName);

describe('the path of mail', () => {
  it('leads from the internet to the workstation and back', () => {
    expect(names(article)).toEqual([
      'namorar',
      'internet → namorar',
      'carinho',
      'tunnel namorar ⇄ carinho',
      'mail namorar → carinho',
      'mimando',
      'mail carinho → mimando',
      'mailboxes on mimando',
      'mail mimando → carinho',
      'mail carinho → namorar',
      'namorar → internet',
    ]);
  });
  it('ends at the gateway if there is no workstation', () => {
    expect(names(singleMachine)).not.toContainEqual(expect.stringContaining('mimando'));
    expect(names(singleMachine).filter(name => name.startsWith('mailboxes'))).toHaveLength(1);
  });
  it('has a tunnel for each relay', () => {
    expect(names(twoRelays)).toEqual(
      expect.arrayContaining(['tunnel namorar ⇄ carinho', 'tunnel saudade ⇄ carinho', 'mail carinho → saudade']),
    );
  });
  it('has a tunnel for each gateway, and mailboxes on hosts that deliver', () => {
    expect(names(twoGateways)).toEqual(
      expect.arrayContaining(['tunnel namorar ⇄ lar', 'mail lar → desk', 'mailboxes on carinho', 'mailboxes on desk']),
    );
  });
  it('has a hop for each workstation', () => {
    expect(names(severalStations)).toEqual(expect.arrayContaining(['mail carinho → mimando', 'mail carinho → desk']));
  });
});

describe('what a host tests', () => {
  it('on the gateway: the password, the recipients of the workstation, and the packets of the tunnel', () => {
    const fleet = fleetOf(article);
    const probes = probesOf(hostOf(fleet, 'carinho'), fleet).map(({ words }) => words);
    expect(probes).toContainEqual([
      'smtp',
      '2001:db8:c1da::2',
      'smtp.example.com',
      '/etc/ssl/vpnca.pem',
      '/etc/ssl/private/vpn0.example.com.ssc,/etc/ssl/private/vpn0.example.com.key',
      'mailuser',
    ]);
    expect(probes).toContainEqual(
      expect.arrayContaining(['mimando.lan', 'test@example.com', 'postmaster@example.com']),
    );
    expect(probes).toContainEqual(['wire', '192.0.2.25', '6900', '2001:db8:c1da::2']);
  });
  it('does without TLS if the inventory has none', () => {
    const fleet = fleetOf(tlsOff);
    expect(probesOf(hostOf(fleet, 'carinho'), fleet).map(({ words }) => words)).toContainEqual([
      'smtp',
      '2001:db8:c1da::2',
      '',
      '',
      '',
      '',
    ]);
  });
  it.each([article, singleMachine, twoRelays, twoGateways, severalStations, tlsOff])(
    'has a unique name for each question',
    text => {
      const fleet = fleetOf(text);
      for (const host of fleet.hosts) {
        const keys = probesOf(host, fleet).map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        const runs = healthQuestions(host, fleet).flatMap(question => (question.kind === 'run' ? [question.name] : []));
        expect(new Set(runs).size).toBe(runs.length);
      }
    },
  );
});
