import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';

/** The command line to the letter, where no host has to be reached: every address here is of nobody. */
const program = resolve(process.env.MAILTUN ?? 'dist/mailtun.js');
const inventory = `domain: example.com
mail: { recipients: { postmaster: jay } }
hosts:
  namorar:
    role: relay
    ssh: { host: 127.0.0.1, port: 1 }
    endpoint: 192.0.2.25
    tunnel: { name: vpn1.example.com, address: 10.1.2.2 }
    mx: [{ name: mx1.example.com, address: 192.0.2.25 }]
    outbound: { name: smtp.example.com, addresses: [192.0.2.25] }
  carinho:
    role: gateway
    ssh: { host: 127.0.0.1, port: 2 }
    tunnel: { name: vpn0.example.com, address: 10.1.2.1 }
`;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-words-'));
  writeFileSync(join(folder, 'good.yaml'), inventory);
  writeFileSync(join(folder, 'bad.yaml'), inventory.replace('mail:', 'mial:'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ran(words: readonly string[], { env = {}, input = '' } = {}) {
  const { exitCode, stdout, stderr } = await execa('node', [program, ...words], {
    cwd: folder,
    env: { MAILTUN_INVENTORY: undefined, NO_COLOR: undefined, ...env },
    input,
    reject: false,
  });
  return { exit: exitCode, stdout, stderr };
}

const REACHING = ['provision', 'rotate-keys', 'status', 'doctor', 'send-test', 'undo'];

test('a reader who begins late gets everything', async () => {
  const { stdout: schema } = await ran(['schema']);
  const full = `head -c 65536 /dev/zero | tr '\\0' x; node ${program} schema`;
  const { stdout } = await execa('sh', ['-c', `{ ${full}; } | { sleep 1; cat; }`]);
  expect(stdout.replace(/^x+/, '')).toBe(schema);
});

describe('a page', () => {
  const status = (columns: number): readonly string[] => {
    const line = `stty cols ${columns}; exec node ${program} status --no-color good.yaml`;
    const { stdout } = execaSync('script', ['-qec', line, '/dev/null'], { cwd: folder, input: '', reject: false });
    return stdout.split('\n').map(text => text.trimEnd());
  };
  it('is as wide as its terminal, except for long words', () => {
    const [narrow, wide] = [status(40), status(132)];
    expect(narrow.filter(line => line.length > 40 && /\S\s/.test(line))).toEqual([]);
    expect(Math.max(...wide.map(line => line.length))).toBeGreaterThan(40);
    expect(narrow.join('\n')).toContain('carinho  gateway  cannot be reached');
  });
});

describe('a run that waits for what never comes', () => {
  it('does not end as if all were well', async () => {
    const lost = join(folder, 'lost.cjs');
    writeFileSync(lost, "require('node:child_process').execFile = () => ({ stdin: { end() {} } });");
    const { exitCode, stdout, stderr } = await execa('node', ['-r', lost, program, 'status', 'good.yaml', '--json'], {
      cwd: folder,
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('mailtun: status: ended before its work was done');
    expect(JSON.parse(stdout)).toMatchObject({ command: 'status', error: { where: 'status' } });
  });
});

describe('wrong usage ends with 64 and an error on stderr, and contacts no host', () => {
  it.each([
    [['provision', 'good.yaml', '--only', 'wiregard'], 'did you mean "wireguard"? one of host, '],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['provisoin'], 'Did you mean provision?'],
    [['provision', '--bogus'], "unknown option '--bogus'"],
    [['provision', 'good.yaml', 'good.yaml'], 'too many arguments'],
    [['status', 'good.yaml', '--concurrency', '0'], 'a whole number from 1 to 9999'],
    [
      ['status', 'good.yaml', '--watch', '--since', 'told'],
      '--watch cannot be combined with --json, --since or --acknowledge',
    ],
    [['status', 'good.yaml', '--since', 'nowhere/told'], 'nowhere/told: cannot be written: ENOENT'],
    [['status', 'good.yaml', '--since', ''], "option '--since <FILE>' argument '' is invalid"],
    [['render', 'good.yaml', '--out', ''], "option '--out <DIR>' argument '' is invalid"],
    [['init', '--out', ''], "option '--out <FILE>' argument '' is invalid"],
    [['undo', 'good.yaml', '--keys'], '--keys needs --all'],
    [['undo', 'good.yaml', '--diff'], '--diff needs --check'],
    [['render', 'good.yaml'], "required option '--out <DIR>' not specified"],
    [['render', 'good.yaml', '--out', '/dev/null/x'], '/dev/null/x: cannot be written to: ENOTDIR'],
    [['provision', 'none.yaml'], 'there is no file none.yaml'],
    [['provision', 'bad.yaml'], 'bad.yaml:2:1: mial: unknown key "mial"; did you mean "mail"?'],
    [['provision'], 'write one with "mailtun init"'],
    [[], 'Usage: mailtun'],
  ])('%j', async (words, says) => {
    const { exit, stdout, stderr } = await ran(words);
    expect([exit, stdout]).toEqual([64, '']);
    expect(stderr).toContain(says);
    const asked = await ran([...words, '--json']);
    expect(asked.exit).toBe(64);
    expect(JSON.parse(asked.stdout).error).toEqual({
      code: expect.stringMatching(/^(usage|(file|inventory)-(unusable|unreadable|invalid))$/),
      what: expect.stringMatching(/./),
      where: expect.stringMatching(/./),
      remedy: expect.stringMatching(/./),
    });
  });

  it.each([...REACHING, 'render'])('%s of a host that there is not says which one was meant', async command => {
    const out = command === 'render' ? ['--out', join(folder, 'out')] : [];
    const { exit, stdout, stderr } = await ran([command, 'good.yaml', '--host', 'carinhos', ...out]);
    expect([exit, stdout]).toEqual([64, '']);
    expect(stderr).toBe(
      'mailtun: --host: there is no host "carinhos"\ndid you mean "carinho"? one of namorar, carinho',
    );
  });
});

describe('--json', () => {
  it('names every error of an inventory with its place', async () => {
    const { stdout } = await ran(['status', 'bad.yaml', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      command: 'status',
      error: {
        code: 'inventory-invalid',
        what: '2 errors in the inventory',
        where: 'bad.yaml',
        remedy: 'correct the inventory',
      },
      problems: [
        expect.objectContaining({ line: 1, column: 1, path: 'mail', what: 'missing' }),
        expect.objectContaining({ line: 2, column: 1, path: 'mial', what: 'unknown key "mial"' }),
      ],
    });
  });
  it.each(REACHING)('%s prints one document where no host answers, and ends with 1', async command => {
    const { exit, stdout } = await ran([command, 'good.yaml', '--json', '--verbose']);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ command });
  });
  it('render and init report what they have written', async () => {
    const rendered = await ran(['--json', '--host', 'carinho', 'render', 'good.yaml', '--out', 'rendered']);
    expect(JSON.parse(rendered.stdout)).toMatchObject({
      command: 'render',
      out: 'rendered',
      hosts: [{ name: 'carinho' }],
    });
    const words = ['--domain', 'example.com', '--recipient', 'postmaster=jay', '--relay', '192.0.2.25'];
    const first = await ran([
      'init',
      '--json',
      ...words,
      '--address',
      '192.0.2.25',
      '--gateway',
      'local',
      '--out',
      'first.yaml',
    ]);
    expect(JSON.parse(first.stdout)).toEqual({ command: 'init', out: 'first.yaml' });
  });
});

describe('common options', () => {
  it.each([
    [['--json', '--host', 'carinho', 'status', 'good.yaml']],
    [['status', '--json', 'good.yaml', '--host', 'carinho']],
    [['--host', 'carinho', 'status', 'good.yaml', '--json', '--no-color', '--concurrency', '3', '--verbose']],
  ])('may stand before and after the command: %j', async words => {
    const { exit, stdout } = await ran(words);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout).hosts.map((host: { name: string }) => host.name)).toEqual(['carinho']);
  });
  it.each([['--version'], ['provision', '--version']])('%s %s prints the version', async (...words) => {
    expect(await ran(words)).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/), stderr: '' });
  });
  it.each([...REACHING, 'render', 'init', 'schema'])('%s --help names all of them', async command => {
    const { exit, stdout } = await ran([command, '--help']);
    expect(exit).toBe(0);
    for (const option of ['--host', '--json', '--verbose', '--no-color', '--concurrency', '--version', '--help'])
      expect(stdout).toContain(` ${option}`);
  });
});

describe('the inventory is', () => {
  const hostsOf = async (words: readonly string[], provided = {}) =>
    JSON.parse((await ran(['status', '--json', ...words], provided)).stdout).hosts?.length;

  test('the argument, else $MAILTUN_INVENTORY, and - is standard input', async () => {
    expect(await hostsOf(['good.yaml'], { env: { MAILTUN_INVENTORY: 'bad.yaml' } })).toBe(2);
    expect(await hostsOf([], { env: { MAILTUN_INVENTORY: 'good.yaml' } })).toBe(2);
    expect(await hostsOf(['-'], { input: inventory })).toBe(2);
    expect((await ran(['status', '-'], { input: 'domain: x' })).stderr).toMatch(/^-:1:1: mail: missing/);
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 130 and, with --json, one document', async signal => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  writeFileSync(join(folder, 'silent.yaml'), inventory.replace('port: 1 ', `port: ${port} `));
  const words = [program, 'status', 'silent.yaml', '--json', '--verbose'];
  const waiting = execa('node', words, { cwd: folder, reject: false });
  await once(waiting.stderr, 'data');
  waiting.kill(signal);
  const { exitCode, stdout, stderr } = await waiting;
  silent.close();
  expect(exitCode).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'status',
    error: { code: 'interrupted', what: `interrupted by ${signal}` },
  });
  expect(stderr).toContain(`mailtun: interrupted by ${signal}`);
});

test('without a terminal there are neither colours nor cursor movements', async () => {
  for (const command of REACHING) {
    const { stdout, stderr } = await ran([command, 'good.yaml'], { env: { FORCE_COLOR: '1', TERM: 'xterm-256color' } });
    expect(stdout + stderr).not.toContain('\u001b');
  }
});

describe.each([
  ['scripts/bench', '--bogus'],
  ['scripts/accept', 'none.yaml'],
])('%s', (script, wrong) => {
  it('--help prints its usage, wrong usage ends with 64', async () => {
    const help = await execa(script, ['--help']);
    expect(help.stdout).toContain(`usage: ${script} `);
    const { exitCode, stderr } = await execa(script, [wrong], { reject: false });
    expect(exitCode).toBe(64);
    expect(stderr).toContain(`usage: ${script} `);
    expect(stderr).not.toContain('    at ');
  });
});

describe('a result that cannot be written', () => {
  const output = (redirected: string, words: string) =>
    execa('sh', ['-c', `${redirected}; exec node ${program} ${words}`], { cwd: folder, reject: false });
  it('ends with exit 1 and the reason on a full disk', async () => {
    for (const words of ['schema', '--help', 'status good.yaml', 'status --json good.yaml']) {
      const { exitCode, stderr } = await output('exec >/dev/full', words);
      expect([words, exitCode], stderr).toEqual([words, 1]);
      expect(stderr).toContain('the output is incomplete: ENOSPC');
    }
  });
  it('ends with exit 1 where only a part of it could be written', async () => {
    const { exitCode, stderr } = await output(`trap '' XFSZ; ulimit -f 1; exec >part`, 'schema');
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain('the output is incomplete: EFBIG');
  });
  it('does not matter on stderr', async () => {
    const { exitCode, stdout } = await output('exec 2>/dev/full', 'status --json good.yaml');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'status' });
  });
});
