import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { firstAsked } from '../../../src/hosts/connect.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { askAhead } from '../../../src/hosts/ssh/ask-ahead.ts';
import type { SshWords } from '../../../src/hosts/ssh/configuration.ts';
import { sshConfig } from '../../../src/hosts/ssh/ssh-config.ts';
import { article } from '../inventories.ts';

const target = (host: string, more: Partial<SshWords> = {}): SshWords => ({
  host,
  port: null,
  user: null,
  identityFile: null,
  ...more,
});

let folder: string;
const path = process.env.PATH;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-ahead-'));
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** A program in place of ssh(1). */
function insteadOfSsh(text: string): void {
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${text}`);
  chmodSync(join(folder, 'ssh'), 0o755);
  process.env.PATH = `${folder}:${path}`;
}

test('ssh says ahead what it says to each host that asks by itself, and says it once', async () => {
  const targets = [
    target('namorar', { port: 2201, user: 'root', identityFile: "/home/jay/it\"s 'a' $key" }),
    target('192.0.2.77', { proxyJump: 'ssh://root@192.0.2.1:22' }),
    target('mimando'),
  ];
  const asked = askAhead(targets);
  for (const one of targets) {
    const config = await vi.waitUntil(() => asked(one), { timeout: 5000 });
    expect(config).toEqual(await sshConfig('host', one));
    expect(asked(one)).toBeNull();
  }
  expect(asked(target('another'))).toBeNull();
});

test('the same words are asked once; a host that ssh rejects has no answer, and those after it have theirs', async () => {
  insteadOfSsh(
    `echo "$*" >>${folder}/calls
for host do :; done
echo "hostname $host"
[ "$host" != bad ]`,
  );
  const asked = askAhead(['a', 'bad', 'a', 'b'].map(host => target(host)));
  expect((await vi.waitUntil(() => asked(target('b')), { timeout: 5000 })).hostname).toBe('b');
  expect(asked(target('bad'))).toBeNull();
  expect(asked(target('a'))?.hostname).toBe('a');
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('-G -T -- a\n-G -T -- bad\n-G -T -- b\n');
});

test('answers are cut where they end, in whatever pieces they come', async () => {
  insteadOfSsh(`
for host do :; done
for word in "hostname $host" 'user = 0' 'port 2'; do printf '%s' "$word"; sleep 0.05; echo; done`);
  const asked = askAhead([target('a'), target('b')]);
  const b = await vi.waitUntil(() => asked(target('b')), { timeout: 5000 });
  expect(b).toMatchObject({ hostname: 'b', user: '= 0', port: 2 });
  expect(asked(target('a'))).toMatchObject({ hostname: 'a', user: '= 0', port: 2 });
});

test('without ssh there is no answer, and nothing fails', async () => {
  process.env.PATH = folder;
  const asked = askAhead([target('a')]);
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(asked(target('a'))).toBeNull();
});

test.each(['192.0.2.1', '2001:db8::1', 'carinho.lan'])(
  'ssh accepts a jump host with a user, a port and the address %s',
  async host => {
    const fleet = readInventory(
      'inventory.yaml',
      article.replace('ssh: carinho.lan', `ssh: { host: "${host}", user: root, port: 2222 }`),
    );
    const [mimando] = firstAsked(
      fleet.hosts.filter(({ name }) => name === 'mimando'),
      fleet,
    );
    const { proxyJump } = await sshConfig('mimando', mimando ?? target(''));
    expect(proxyJump).toEqual([{ host, port: 2222, user: 'root', identityFile: null }]);
  },
);
