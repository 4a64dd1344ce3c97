import { describe, expect, it } from 'vitest';
import type { SshConfig } from '../../../src/hosts/ssh/configuration.ts';
import { refuseOutboundName, withTunnelHint } from '../../../src/hosts/ssh/tunnel-routes.ts';
import { Failure } from '../../../src/run/failure.ts';
import { article, fleetOf, hostOf } from '../../tasks/fleets.ts';

const remote = fleetOf(article);
const onGateway = fleetOf(article.replace('ssh: carinho.lan', 'ssh: local').replace(', jump: carinho', ''));
type Way = Pick<SshConfig, 'proxyJump' | 'proxyCommand'>;
const straight: Way = { proxyJump: [], proxyCommand: null };
const through = (host: string): Way => ({
  proxyJump: [{ host, port: null, user: null, identityFile: null }],
  proxyCommand: null,
});

describe('a HostName of ssh_config that is the outbound name of a relay', () => {
  const refused = (hostname: string, way = straight, fleet = onGateway): string | null => {
    try {
      refuseOutboundName(hostOf(fleet, 'namorar'), { hostname, ...way }, fleet);
      return null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return `${error.what} | ${error.remedy}`;
    }
  };
  const why =
    '"smtp.example.com", HostName of "namorar.example.com" in ssh_config, is namorar\'s outbound name, which carinho resolves to an address in the tunnel, where ssh is not passed | write HostName 192.0.2.25 there, or a name of its own';

  it('is refused if the gateway runs mailtun, since its hosts(5) will lead the name into the tunnel', () => {
    expect(refused('smtp.example.com')).toBe(why);
    expect(refused('SMTP.example.com.')).toBe(why.replace('smtp.example.com', 'SMTP.example.com.'));
  });
  it('is refused if the gateway is the last jump of ssh_config', () => {
    expect(refused('smtp.example.com', through('carinho.lan'), remote)).toBe(why);
  });
  it('is accepted from elsewhere, where DNS answers', () => {
    expect(refused('smtp.example.com', straight, remote)).toBeNull();
    expect(refused('smtp.example.com', through('bastion'), onGateway)).toBeNull();
    expect(refused('smtp.example.com', { proxyJump: [], proxyCommand: 'nc %h %p' })).toBeNull();
  });
  it('may be any other name', () => {
    expect(refused('namorar.example.com')).toBeNull();
    expect(refused('192.0.2.25')).toBeNull();
  });
});

describe('a new connection that fails', () => {
  const silence = new Failure(
    'connection-timed-out',
    'no answer from 2001:db8:c1da::1 port 22 in 10 s',
    'carinho',
    'ssh carinho',
  );
  const reported = (hostname: string, ssh = 'carinho.lan'): Failure => {
    const fleet = fleetOf(article.replace('ssh: carinho.lan', `ssh: ${ssh}`));
    return withTunnelHint(silence, hostOf(fleet, 'carinho'), { hostname, ...straight }, fleet);
  };
  it('says so if ssh_config leads it through the tunnel and the inventory does not', () => {
    expect(reported('2001:DB8:c1da::1')).toMatchObject({
      what: 'no answer from 2001:db8:c1da::1 port 22 in 10 s; "2001:DB8:c1da::1", HostName of "carinho.lan" in ssh_config, leads through the tunnel',
      remedy:
        'write 2001:DB8:c1da::1 as ssh of carinho in the inventory, with its jump, so that pf passes ssh in the tunnel',
    });
    expect(reported('vpn0.example.com').what).toContain('leads through the tunnel');
  });
  it('is reported unchanged if the inventory says so, or if it leads elsewhere', () => {
    expect(reported('vpn0.example.com', 'vpn0.example.com')).toBe(silence);
    expect(reported('carinho.lan')).toBe(silence);
  });
});
