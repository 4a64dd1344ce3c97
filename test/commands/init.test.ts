import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ask, type InitOptions, init as initOn } from '../../src/commands/init.ts';
import type { Examine, ExaminedHost } from '../../src/commands/init-examine.ts';
import type { Terminal } from '../../src/commands/terminal.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { Failure } from '../../src/run/failure.ts';
import { fc } from '../properties.ts';

let cwd: string;
let said: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mailtun-init-'));
  said = '';
});
afterEach(() => rmSync(cwd, { recursive: true }));

const terminal = (): Terminal => ({
  out: () => {},
  err: text => {
    said += text;
  },
  interactive: false,
  confirm: async () => false,
  env: {},
  cwd,
});

/** Reaches no host, unless there is one to be found. */
const unreachable: Examine = async ssh => {
  throw new Failure('connection-timed-out', 'it does not answer', ssh, 'look why');
};
const init = (options: InitOptions, on: Terminal, ask?: Ask, look = unreachable) => initOn(options, on, ask, look);

const article: InitOptions = {
  domain: 'example.com',
  recipient: ['test=jay', 'postmaster=jay'],
  relay: 'namorar.example.com',
  address: ['2001:db8:1234:1234::6969', '192.0.2.25'],
  gateway: 'carinho.lan',
  workstation: 'mimando.lan',
  gatewayLan: '2001:db8:6969::1',
  workstationLan: '2001:db8:6969::2',
  tunnel: '2001:db8:c1da::',
};

const written = (name = 'inventory.yaml') => readFileSync(join(cwd, name), 'utf8');

describe('from options', () => {
  test('nine of them make an inventory for a relay, a gateway and a workstation', async () => {
    expect(await init(article, terminal())).toBe(0);
    expect(written()).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=mailtun.schema.json
      #
      # Inventory of mailtun. "mailtun schema > mailtun.schema.json" lets editors complete and explain its keys.
      # Next: mailtun provision --check

      domain: example.com

      # tunnel: { interface: wg0, port: 6900, keepalive: 15, preshared_key: false }

      mail:
        # Local part: login on the machine that delivers.
        recipients:
          test: jay
          postmaster: jay
        # queue_ttl: 20d              how long mail waits for a tunnel that is down
        # bounces: drop               or send
        # maildir: maildir/in         below the recipient's home

      hosts:
        # Receives mail from the internet.
        namorar:
          role: relay
          ssh: namorar.example.com
          endpoint: 192.0.2.25        # where the gateway sends its WireGuard packets
          tunnel: { name: vpn1.example.com, address: 2001:db8:c1da::2 }
          mx:
            - { name: mx1.example.com, address: 2001:db8:1234:1234::6969 }
            - { name: mx2.example.com, address: 192.0.2.25 }
          outbound: { name: smtp.example.com, addresses: [2001:db8:1234:1234::6969, 192.0.2.25] }
          certificates: self_signed     # or { acme: { contact: hostmaster@example.com } }

        # Keeps the tunnel up and forwards mail.
        carinho:
          role: gateway
          ssh: carinho.lan
          tunnel: { name: vpn0.example.com, address: 2001:db8:c1da::1 }
          lan: { name: carinho.lan, address: 2001:db8:6969::1 }

        # Delivers.
        mimando:
          role: workstation
          ssh: mimando.lan
          lan: { name: mimando.lan, address: 2001:db8:6969::2 }
      "
    `);
    expect(said).toBe(
      `${['namorar.example.com', 'carinho.lan', 'mimando.lan']
        .map(ssh => `mailtun: ${ssh}: could not be examined: it does not answer; look why\n`)
        .join('')}wrote inventory.yaml; next: mailtun provision --check\n`,
    );
  });

  test('the inventory that is written means what the options say', async () => {
    await init(article, terminal());
    const { hosts, mail } = readInventory('inventory.yaml', written());
    expect(hosts.map(({ name, role }) => [name, role])).toEqual([
      ['namorar', 'relay'],
      ['carinho', 'gateway'],
      ['mimando', 'workstation'],
    ]);
    expect(hosts[0]).toMatchObject({
      endpoint: '192.0.2.25',
      tunnel: { name: 'vpn1.example.com', address: '2001:db8:c1da::2' },
      mx: [
        { name: 'mx1.example.com', address: '2001:db8:1234:1234::6969' },
        { name: 'mx2.example.com', address: '192.0.2.25' },
      ],
      outbound: { name: 'smtp.example.com', addresses: ['2001:db8:1234:1234::6969', '192.0.2.25'] },
    });
    expect(mail.recipients.map(({ local, login }) => [local, login])).toEqual([
      ['test', 'jay'],
      ['postmaster', 'jay'],
    ]);
  });

  test('without a workstation the gateway delivers', async () => {
    const { workstation, gatewayLan, workstationLan, ...single } = article;
    await init(single, terminal());
    expect(readInventory('inventory.yaml', written()).hosts.map(({ role }) => role)).toEqual(['relay', 'gateway']);
  });

  test('the default for the tunnel is a random network that is not routed', async () => {
    const { tunnel, ...others } = article;
    await init(others, terminal());
    const [relay] = readInventory('inventory.yaml', written()).hosts;
    expect(relay).toMatchObject({ tunnel: { address: expect.stringMatching(/^fd[0-9a-f]{2}:.*::2$/) } });
  });

  test('hosts without distinct names are named after their roles', async () => {
    await init({ ...article, relay: 'root@192.0.2.25', gateway: 'ssh://home:2222', workstation: 'home' }, terminal());
    expect(readInventory('inventory.yaml', written()).hosts.map(({ name }) => name)).toEqual([
      'relay',
      'gateway',
      'workstation',
    ]);
  });

  test('an address without an MX name is for outbound mail only', async () => {
    const address = ['2001:db8:1234:1234::6969', '192.0.2.25', '2001:db8:1234:1234::b17e'];
    await init({ ...article, address, mx: ['mx1.example.com', 'mx2.example.com'] }, terminal());
    expect(readInventory('inventory.yaml', written()).hosts[0]).toMatchObject({
      mx: [
        { name: 'mx1.example.com', address: address[0] },
        { name: 'mx2.example.com', address: address[1] },
      ],
      outbound: { addresses: address },
    });
  });
  test('a single MX name gets one address of each family', async () => {
    const address = ['2001:db8:1234:1234::6969', '192.0.2.25', '2001:db8:1234:1234::b17e'];
    await init({ ...article, address, mx: 'mx.example.com' }, terminal());
    expect(readInventory('inventory.yaml', written()).hosts[0]).toMatchObject({
      mx: [{ address: address[0] }, { address: address[1] }],
      outbound: { addresses: address },
    });
  });
  test.each([
    ['more names than addresses', ['a.example.com', 'b.example.com', 'c.example.com'], "3 names, and 2 of the relay's"],
    ['a bad name', ['mx'], '"mx" is not a full host name'],
  ])('%s are reported at once', async (_, mx, what) => {
    await expect(init({ ...article, mx }, terminal())).rejects.toMatchObject({
      what: expect.stringContaining(what),
      where: '--mx',
    });
  });
  test('a name for two addresses of one family is reported at the question, which is asked again', async () => {
    const address = ['2001:db8:1234:1234::6969', '2001:db8:1234:1234::b17e'];
    const answers = ['mx1.example.com MX1.example.com', 'mx1.example.com mx2.example.com'];
    const asked: string[] = [];
    await init(
      { ...article, address, outbound: 'smtp.example.com', endpoint: '192.0.2.25' },
      terminal(),
      async prompt => {
        asked.push(prompt);
        return answers.shift() ?? null;
      },
    );
    expect(asked).toHaveLength(2);
    expect(said).toContain('"MX1.example.com" has several IPv6 addresses');
  });
  test('one MX name may have an address of each family', async () => {
    await init({ ...article, mx: 'mail.example.com', outbound: 'mail.example.com' }, terminal());
    expect(readInventory('inventory.yaml', written()).hosts[0]).toMatchObject({
      mx: [{ name: 'mail.example.com' }, { name: 'mail.example.com' }],
    });
  });

  test('LAN names may precede their addresses, and a network may have its length', async () => {
    const lan = { gatewayLan: 'gate.home=2001:db8:6969::1', workstationLan: 'desk.home=2001:db8:6969::2' };
    await init({ ...article, ...lan, tunnel: '2001:db8:c1da::/64' }, terminal());
    const { hosts } = readInventory('inventory.yaml', written());
    expect(hosts).toMatchObject([
      { tunnel: { address: '2001:db8:c1da::2' } },
      { lan: { name: 'gate.home', address: '2001:db8:6969::1' } },
      { lan: { name: 'desk.home', address: '2001:db8:6969::2' } },
    ]);
    await init({ ...article, tunnel: '10.9.8.0/24', force: true }, terminal());
    expect(readInventory('inventory.yaml', written()).hosts[1]).toMatchObject({ tunnel: { address: '10.9.8.1' } });
    expect(await failureOf({ ...article, gatewayLan: 'a_b=::1', force: true })).toMatchObject({
      where: '--gateway-lan',
    });
    expect(await failureOf({ ...article, tunnel: '2001:db8:c1da::/56', force: true })).toMatchObject({
      where: '--tunnel',
    });
  });

  test('with several domains, the names of hosts are below the first', async () => {
    await init({ ...article, domain: ['example.com', 'example.org'] }, terminal());
    const { domains, hosts } = readInventory('inventory.yaml', written());
    expect(domains).toEqual(['example.com', 'example.org']);
    expect(hosts[0]).toMatchObject({ outbound: { name: 'smtp.example.com' }, tunnel: { name: 'vpn1.example.com' } });
  });

  test('one that is missing or wrong is reported, and nothing is written', async () => {
    const { gateway, ...without } = article;
    expect(await failureOf(without)).toMatchObject({ what: '--gateway is missing' });
    expect(await failureOf({ ...article, domain: 'example' })).toMatchObject({
      what: '"example" is not a mail domain',
      where: '--domain',
    });
    expect(await failureOf({ ...article, recipient: 'postmaster=root' })).toMatchObject({
      what: '"root" cannot receive mail',
      where: '--recipient',
    });
    expect(await failureOf({ ...article, address: '' })).toMatchObject({ where: '--address' });
    expect(await failureOf({ ...article, tunnel: '2001:db8:c1da::1' })).toMatchObject({ where: '--tunnel' });
    expect(() => written()).toThrow('ENOENT');
  });

  test('answers that contradict each other are reported, and nothing is written', async () => {
    const failure = await failureOf({ ...article, workstationLan: '2001:db8:6969::1' });
    expect(failure.what).toBe(
      'these answers contradict each other: hosts.mimando.lan.address: "2001:db8:6969::1" is already carinho\'s LAN address',
    );
    expect(() => written()).toThrow('ENOENT');
  });
});

describe('an existing file', () => {
  test('is not changed', async () => {
    writeFileSync(join(cwd, 'inventory.yaml'), 'mine');
    expect(await failureOf(article)).toMatchObject({ what: 'the file exists already', where: 'inventory.yaml' });
    expect(written()).toBe('mine');
  });

  test('is replaced with --force, and another name needs no --force', async () => {
    writeFileSync(join(cwd, 'inventory.yaml'), 'mine');
    await init({ ...article, out: 'other.yaml' }, terminal());
    expect([written(), written('other.yaml').slice(0, 6)]).toEqual(['mine', '# yaml']);
    await init({ ...article, force: true }, terminal());
    expect(written()).toBe(written('other.yaml'));
  });
});

describe('from questions', () => {
  const asking = (answers: (string | null)[]): { ask: Ask; prompts: string[] } => {
    const prompts: string[] = [];
    return {
      prompts,
      ask: async prompt => {
        prompts.push(prompt);
        return answers.shift() ?? null;
      },
    };
  };

  test('only what no option answers is asked, and an empty line means the default', async () => {
    const { mx, outbound, endpoint, ...rest } = { mx: '', outbound: '', endpoint: '', ...article };
    const { ask, prompts } = asking(['', '', 'out.example.com']);
    await init(rest, terminal(), ask);
    expect(prompts).toEqual([
      'Address or name to which the gateway sends its WireGuard packets [192.0.2.25]: ',
      'MX names of those addresses, in the same order [mx1.example.com mx2.example.com]: ',
      'Name under which mail is sent [smtp.example.com]: ',
    ]);
    expect(written()).toContain('name: out.example.com');
  });

  test('after a wrong answer the question is asked again, with what is wrong', async () => {
    const { domain, ...rest } = article;
    const { ask } = asking(['example', 'example.org', '', '', '']);
    await init(rest, terminal(), ask);
    expect(said).toContain(
      '"example" is not a mail domain; write the part after the @ of your mail addresses, as in example.com\n',
    );
    expect(written()).toContain('domain: example.org');
  });

  test('without a workstation there is no question about the LAN', async () => {
    const { workstation, gatewayLan, workstationLan, ...rest } = article;
    const { ask, prompts } = asking(['', '', '', '']);
    await init(rest, terminal(), ask);
    expect(prompts.filter(prompt => /LAN/.test(prompt))).toEqual([]);
  });

  test('the end of input ends the questions', async () => {
    const { domain, ...rest } = article;
    await expect(init(rest, terminal(), asking([]).ask)).rejects.toMatchObject({ what: '--domain is missing' });
  });
});

describe('what is found on the hosts', () => {
  const inside = (address: string) => ({ address, prefixLength: 64 });
  const looks: Readonly<Record<string, ExaminedHost>> = {
    '192.0.2.25': {
      release: '7.6',
      hostname: 'namorar.example.com',
      outside: [
        { address: '2001:db8:1234:1234::6969', prefixLength: 64 },
        { address: '192.0.2.25', prefixLength: 24 },
      ],
      inside: [],
      tunnel: '2001:db8:c1da::2',
      logins: ['ana'],
    },
    'carinho.lan': {
      release: '7.6',
      hostname: 'carinho.lan',
      outside: [{ address: '192.0.2.77', prefixLength: 24 }],
      inside: [{ address: '198.18.0.77', prefixLength: 24 }, inside('2001:db8:6969::1')],
      tunnel: '2001:db8:c1da::1',
      logins: ['jay'],
    },
    home: {
      release: '7.6',
      hostname: 'mimando.lan',
      outside: [inside('2001:db8:6969::2')],
      inside: [],
      tunnel: null,
      logins: ['jay', 'ana'],
    },
  };
  const look: Examine = async ssh => looks[ssh] ?? unreachable(ssh);
  const hosts = { domain: 'example.com', relay: '192.0.2.25', gateway: 'carinho.lan' };

  test('answers what no option does, gives names, and becomes a comment', async () => {
    expect(await init({ ...hosts, workstation: 'home' }, terminal(), undefined, look)).toBe(0);
    const text = written();
    expect(text).toContain('  # Found: OpenBSD 7.6, mimando.lan, 2001:db8:6969::2, people: jay ana\n  home:\n');
    const fleet = readInventory('inventory.yaml', text);
    expect(fleet.hosts).toMatchObject([
      {
        name: 'namorar',
        endpoint: '192.0.2.25',
        tunnel: { address: '2001:db8:c1da::2' },
        mx: [{ address: '2001:db8:1234:1234::6969' }, { address: '192.0.2.25' }],
      },
      { name: 'carinho', tunnel: { address: '2001:db8:c1da::1' }, lan: { address: '2001:db8:6969::1' } },
      { lan: { name: 'mimando.lan', address: '2001:db8:6969::2' } },
    ]);
    expect(fleet.mail.recipients).toMatchObject([{ local: 'postmaster', login: 'jay' }]);
    expect(said).toContain(
      'mailtun: 192.0.2.25: OpenBSD 7.6, namorar.example.com, 2001:db8:1234:1234::6969, 192.0.2.25',
    );
  });

  test('is the default of the questions', async () => {
    const prompts: string[] = [];
    const ask: Ask = async prompt => {
      prompts.push(prompt);
      return '';
    };
    expect(await init(hosts, terminal(), ask, look)).toBe(0);
    expect(prompts).toContain(
      'Public addresses of the relay, separated by blanks [2001:db8:1234:1234::6969 192.0.2.25]: ',
    );
    expect(prompts).toContain('Recipients, as name=login, separated by blanks [postmaster=jay]: ');
    expect(prompts).toContain('First address of a /64 (IPv4: a /24) for the tunnel [2001:db8:c1da::]: ');
  });

  test('is overridden by an option, and a host that cannot be examined causes only a note', async () => {
    await init({ ...article, relay: '192.0.2.25', tunnel: 'fd00:1::' }, terminal(), undefined, look);
    expect(readInventory('inventory.yaml', written()).hosts[0]).toMatchObject({ tunnel: { address: 'fd00:1::2' } });
    expect(said).toContain('mailtun: mimando.lan: could not be examined: it does not answer; look why\n');
  });

  test('is not used for a tunnel with other ends than ::2 for the relay and ::1 for the gateway', async () => {
    const turned: Examine = async ssh => ({ ...(await look(ssh)), tunnel: '2001:db8:c1da::7' });
    const { tunnel, ...others } = article;
    await init({ ...others, relay: '192.0.2.25' }, terminal(), undefined, turned);
    expect(readInventory('inventory.yaml', written()).hosts[0]).toMatchObject({
      tunnel: { address: expect.stringMatching(/^fd/) },
    });
  });
});

test('whatever the answers, the inventory is valid or is not written', async () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      '::',
      '2001:db8::5',
      '2001:db8:0:1::',
      '10.1.2.3',
      'on',
      'null',
      '1e3',
      'a.b',
      'x@y',
      'ssh://a',
      '*a',
      '{',
      '"',
      "'",
      '#',
      ': ',
      '\n',
      'a: b',
      '-',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const keys = [
    'domain',
    'recipient',
    'relay',
    'address',
    'endpoint',
    'mx',
    'outbound',
    'gateway',
    'workstation',
    'gatewayLan',
    'workstationLan',
    'tunnel',
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), nasty, fc.boolean(), async (key, text, isPart) => {
      const old = [article[key] ?? ''].flat().join(' ');
      const options = { ...article, [key]: isPart ? old + text : text, force: true };
      rmSync(join(cwd, 'inventory.yaml'), { force: true });
      try {
        await init(options, terminal());
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        // What the template makes of the answers is YAML, whatever they are.
        expect(error.what).not.toMatch(/go together: : /);
        return;
      }
      expect(() => readInventory('inventory.yaml', written())).not.toThrow();
    }),
    { numRuns: 150 },
  );
});

async function failureOf(options: InitOptions): Promise<Failure> {
  const error = await init(options, terminal()).catch((thrown: unknown) => thrown);
  if (error instanceof Failure) return error;
  throw new Error(`no Failure: ${error}`);
}
