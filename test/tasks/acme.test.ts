import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Relay } from '../../src/hosts/fleet.ts';
import { withBlock } from '../../src/resources/block.ts';
import { acme, acmeLines, httpdLines } from '../../src/tasks/acme.ts';
import { RESTART } from '../../src/tasks/smtpd-restart.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';
import { acme as acmeInventory, article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(acmeInventory);
const relay = hostOf(fleet, 'namorar') as Relay;
const source = relay.certificates as Parameters<typeof acmeLines>[1];

describe('acme-client.conf', () => {
  it('has an authority of mailtun and a domain for each public name', () => {
    expect(acmeLines(relay, source, '').join('\n')).toMatchInlineSnapshot(`
      "authority mailtun {
      	api url "https://acme-v02.api.letsencrypt.org/directory"
      	account key "/etc/acme/mailtun-privkey.pem"
      	contact "mailto:hostmaster@example.com"
      }
      domain smtp.example.com {
      	domain key "/etc/ssl/private/smtp.example.com.key" ecdsa
      	domain full chain certificate "/etc/ssl/smtp.example.com.crt"
      	sign with mailtun
      	challengedir "/var/www/acme"
      }
      domain mx1.example.com {
      	domain key "/etc/ssl/private/mx1.example.com.key" ecdsa
      	domain full chain certificate "/etc/ssl/mx1.example.com.crt"
      	sign with mailtun
      	challengedir "/var/www/acme"
      }
      domain mx2.example.com {
      	domain key "/etc/ssl/private/mx2.example.com.key" ecdsa
      	domain full chain certificate "/etc/ssl/mx2.example.com.crt"
      	sign with mailtun
      	challengedir "/var/www/acme"
      }"
    `);
  });
  it("keeps the user's authorities and domains", () => {
    const own = 'authority letsencrypt {\n}\ndomain www.example.com {\n\tsign with letsencrypt\n}\n';
    expect(acmeLines(relay, source, own)).toEqual(acmeLines(relay, source, ''));
  });
  it('does not replace a domain of the user', () => {
    expect(() => acmeLines(relay, source, '# mine\ndomain "mx1.example.com" {\n}\n')).toThrow(
      '/etc/acme-client.conf already has a domain mx1.example.com',
    );
  });
  it('uses the directory that the inventory names', () => {
    const staging = {
      ...source,
      contact: null,
      directoryUrl: 'https://acme-staging-v02.api.letsencrypt.org/directory',
    };
    expect(acmeLines(relay, staging, '').slice(0, 4).join('\n')).toMatchInlineSnapshot(`
      "authority mailtun {
      	api url "https://acme-staging-v02.api.letsencrypt.org/directory"
      	account key "/etc/acme/mailtun-privkey.pem"
      }"
    `);
  });
});

describe('httpd.conf', () => {
  it('has one server that serves only challenges', () => {
    expect(httpdLines(relay, '').join('\n')).toMatchInlineSnapshot(`
      "server "smtp.example.com" {
      	alias "mx1.example.com"
      	alias "mx2.example.com"
      	listen on * port 80
      	location "/.well-known/acme-challenge/*" {
      		root "/acme"
      		request strip 2
      	}
      	location * {
      		block return 404
      	}
      }"
    `);
  });
  it.each([
    ['nothing', ''],
    ['a server of the user on another port', 'server "www.example.com" {\n\tlisten on * tls port 443\n}\n'],
    ['a server on a port that begins like ours', 'server "x" {\n\tlisten on * port 8080\n}\n'],
    ['an example that is commented out', '#\tlisten on * port 80\n'],
  ])('has the server of mailtun with %s', (_, own) => {
    expect(httpdLines(relay, own)[0]).toBe('server "smtp.example.com" {');
  });
  const challenges = '\tlocation "/.well-known/acme-challenge/*" {\n\t\troot "/acme"\n\t}\n';
  const server = (name: string, more: string, listener = 'listen on * port 80') =>
    `server ${name} {\n\t${listener}\n${more}}\n`;
  const names = httpdLines(relay, '').flatMap(text => /^(?:server|\talias) "(.*)"/.exec(text)?.[1] ?? []);
  it("has no server of mailtun if the user's servers serve challenges for every name", () => {
    const [first, ...others] = names;
    const aliases = others.map(name => `\talias "${name}"\n`).join('');
    expect(httpdLines(relay, server(`"${first}"`, aliases + challenges))).toEqual([]);
    expect(httpdLines(relay, server('"*.example.com"', challenges))).toEqual([]);
    expect(httpdLines(relay, names.map(name => server(name, challenges)).join(''))).toEqual([]);
  });
  it("has a server for names that the user's servers do not have, and listens where those do", () => {
    const own = `${server('"www.example.net"', challenges, 'listen on 192.0.2.25 port http')}${server(`"${names[0]}"`, challenges)}`;
    const lines = httpdLines(relay, own);
    expect(lines[0]).toBe(`server "${names[1]}" {`);
    // To httpd all addresses are equal to a * that comes first.
    expect(lines.filter(text => text.includes('listen'))).toEqual([
      '\tlisten on 192.0.2.25 port 80',
      '\tlisten on * port 80',
    ]);
  });
  it("takes a server of the user's as it is where what it serves may be in another file", () => {
    const own = server(`"${names[0]}"`, '\tinclude "/etc/httpd.acme.conf"\n');
    expect(httpdLines(relay, own)[0]).toBe(`server "${names[1]}" {`);
    const behind = `${server(`"${names[0]}"`, '')}include "/etc/httpd.more.conf"\n`;
    expect(() => httpdLines(relay, behind)).toThrow('does not serve ACME');
  });
  it('listens nowhere twice, for then httpd would refuse the file', () => {
    const own = [
      'all = "*"\nip="192.0.2.25" # ours\n',
      server('"a"', challenges, 'listen on $all port 80'),
      server('"b"', challenges, 'listen on $ip port 80'),
      server('"c"', challenges, 'listen on "192.0.2.25" port 80'),
      server('"d"', challenges, 'listen on 0.0.0.0 port 80\n\tlisten on :: port 80'),
    ].join('');
    expect(httpdLines(relay, own).filter(text => text.includes('listen'))).toEqual([
      '\tlisten on 192.0.2.25 port 80',
      '\tlisten on * port 80',
    ]);
  });
  it.each(['listen on * port 80', 'listen on 192.0.2.25 port http', 'listen on egress port "http"'])(
    "is refused with what is missing in the user's server of the name with %s",
    listener => {
      expect(() => httpdLines(relay, server(`"${names.at(-1)}"`, '', listener))).toThrow('does not serve ACME');
      expect(() => httpdLines(relay, server('match "mx.*"', '', listener))).toThrow('does not serve ACME');
      expect(httpdLines(relay, server('"www.example.net"', '', listener))[0]).toBe(`server "${names[0]}" {`);
    },
  );
});

describe('the task', () => {
  const resources = acme.resources(relay, fleet);
  it('installs everything that is needed before it requests a certificate, in the stage for which other hosts wait', () => {
    expect(resources.map(one => `${one.publish ? 'first' : 'later'} ${one.id}`)).toMatchInlineSnapshot(`
      [
        "first /var/www/acme",
        "first /etc/acme-client.conf",
        "first /etc/httpd.conf",
        "first service httpd",
        "first /etc/acme/mailtun-privkey.pem",
        "first /etc/ssl/smtp.example.com.crt",
        "first /etc/ssl/mx1.example.com.crt",
        "first /etc/ssl/mx2.example.com.crt",
        "later /usr/local/libexec",
        "later /usr/local/libexec/mailtun-restart",
        "later crontab: certificates",
      ]
    `);
  });
  it('renews by cron, which restarts smtpd only for a new certificate, and once', () => {
    expect(resources.at(-1)?.wants?.(world())[0]?.content).toMatchInlineSnapshot(`
      "# mailtun certificates: begin
      ~	~	*	*	*	new=; for name in smtp.example.com mx1.example.com mx2.example.com; do acme-client $name && new=yes; done; [ -z "$new" ] || said=$(/usr/local/libexec/mailtun-restart) || echo "$said"
      # mailtun certificates: end
      "
    `);
  });
});

describe('more names than cron(8) reads of a command', () => {
  it('are renewed by several lines, each of which it reads completely', () => {
    const more = Array.from({ length: 50 }, (_, index) => ({
      name: `mx${index}.a-long-domain.example`,
      address: '::',
    }));
    const content = acme
      .resources({ ...relay, mx: more }, fleet)
      .at(-1)
      ?.wants?.(world())[0]?.content;
    const commands = (content ?? '').split('\n').flatMap(line => line.split('\t')[5] ?? []);
    const named = commands.map(line => / in (.*?);/.exec(line)?.[1] ?? '').join(' ');
    expect(named).toBe(['smtp.example.com', ...more.map(({ name }) => name)].join(' '));
    expect(commands.map(line => line.length).filter(length => length > 999)).toEqual([]);
    expect(commands).toHaveLength(2);
  });
});

describe("cron's line", () => {
  const line =
    acme.resources(relay, fleet).at(-1)?.wants?.(world())[0]?.content.split('\n')[1]?.split('\t').at(-1) ?? '';
  const said = (acmeClient: string, restart: string): string =>
    spawnSync(
      '/bin/sh',
      [
        '-c',
        `fetch() { ${acmeClient}; }\nrestart() { ${restart}; }\n${line.replace('acme-client', 'fetch').replace(RESTART, 'restart')}`,
      ],
      {
        encoding: 'utf8',
      },
    ).stdout;
  it.each([
    ['nothing where nothing is new', 'return 2', 'echo never', ''],
    ['nothing where smtpd has started anew', 'return 0', 'echo "smtpd(ok)"', ''],
    ['what failed', 'return 0', 'echo "smtpd(failed)"; return 1', 'smtpd(failed)\n'],
  ])('says %s', (_, acmeClient, restart, expected) => {
    expect(said(acmeClient, restart)).toBe(expected);
  });
});

describe('the task, if certificates come from elsewhere', () => {
  const plain = fleetOf(article);
  const [cron, conf, web] = acme.resources(hostOf(plain, 'namorar'), plain);
  const ours = withBlock('', () => httpdLines(relay, ''));
  const judged = (text: string) => web?.judge(observing([plainFile('/etc/httpd.conf', text)]), world());

  it('does not change a host that never had it', () => {
    const bare = observing([absent('/etc/acme-client.conf'), absent('/etc/httpd.conf')], {
      "root's crontab": answer(''),
    });
    expect([cron, conf, web].map(one => one?.judge(bare, world()))).toEqual([null, null, null]);
  });
  it('removes its line from crontab(5)', () => {
    const tab = '# mailtun certificates: begin\nx\n# mailtun certificates: end\n';
    const observed = observing([], { "root's crontab": answer(tab) });
    expect(cron?.judge(observed, world())?.why).toBe('no longer needed');
  });
  it('removes its block from acme-client.conf', () => {
    const text = withBlock('authority mine {\n}\n', () => ['authority mailtun {', '}']);
    const change = conf?.judge(observing([plainFile('/etc/acme-client.conf', text)]), world());
    expect(change?.diff?.after).toBe('authority mine {\n}\n');
  });
  it('stops the web server that it started', () => {
    expect(judged(ours)?.steps.map(step => step.label)).toEqual(['stops httpd']);
  });
  it('runs rcctl so that everybody can read what it writes', () => {
    for (const text of [ours, `server "www" {\n}\n${ours}`])
      for (const { command } of judged(text)?.steps ?? []) expect(command.script).not.toMatch(/(?<!_)rcctl/);
  });
  it("leaves the user's web server running without its part", () => {
    const change = judged(`server "www" {\n}\n${ours}`);
    expect(change?.diff?.after).toBe('server "www" {\n}\n');
    expect(change?.steps.map(step => step.label)).toEqual(['writes /etc/httpd.conf', 'reloads httpd']);
  });
});
