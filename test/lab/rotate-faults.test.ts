import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cuttable, cuttable } from './cuttable.ts';
import { provisioned } from './mailtun.ts';
import { ALONE_SECONDS, ENDS, type RotationLab, rotationLab } from './rotation.ts';

/** What a run announces on each host, in order. */
const STEPS = [
  'makes new keys',
  'makes ready for the switch',
  'switches over',
  'comes back over a new connection',
  'proves that the tunnel works',
  'keeps the new keys',
] as const;

const MOMENTS = STEPS.flatMap(step => ENDS.map(({ host }) => ({ host, step, at: `${host}: ${step}` })));

let lab: RotationLab;
let ways: Cuttable;
const dir = mkdtempSync(join(tmpdir(), 'mailtun-faults-'));

beforeAll(async () => {
  lab = await rotationLab('faults');
  await lab.up();
  await lab.lab('fresh', 'all');
  ways = await cuttable(lab.inventory, dir);
  const { document } = await provisioned(lab.name);
  expect(document.totals.failed).toBe(0);
}, 120_000);

afterAll(async () => {
  await ways?.close();
  await lab?.down();
  rmSync(dir, { recursive: true, force: true });
});

/** Nothing has to be done any more, and nothing is said to be wrong. */
const isConverged = async (): Promise<void> => {
  const { exit, document } = await provisioned(lab.name, '--check');
  expect(document.hosts.flatMap(host => host.changes)).toEqual([]);
  expect(exit).toBe(0);
};

/** One more command may be needed, not two. */
const convergesWithOneCommand = async (): Promise<void> => {
  const { exit } = await provisioned(lab.name);
  expect(exit).toBe(0);
  expect(await lab.isWell()).toBe(true);
  await isConverged();
};

const publicKeys = (): Promise<string[]> =>
  Promise.all(ENDS.map(({ host }) => lab.must(host, "ifconfig wg0 | sed -n 's/.*wgpubkey //p'")));

describe('mailtun is killed, and the hosts heal alone', () => {
  test.each(MOMENTS)('before "$at"', async ({ at }) => {
    const { stdout } = await lab.rotate({ at });
    expect(stdout).toContain(at);
    await lab.heals(ALONE_SECONDS);
    await isConverged();
  });

  test.each(MOMENTS.filter(({ host }) => host === 'carinho'))('in the middle of "$at"', async ({ at }) => {
    await lab.rotate({ at, afterMilliseconds: 60 });
    await lab.heals(ALONE_SECONDS);
    await isConverged();
  });
});

describe('the ssh connection is cut', () => {
  test.each(MOMENTS)('at "$at": the tunnel works on, on the old keys or on the new ones', async ({ at, host }) => {
    const before = await publicKeys();
    const { exit, stdout } = await lab.rotate({ inventory: ways.inventory, at, run: ways.cut(host) });
    expect(stdout).toContain(at);
    await lab.heals(ALONE_SECONDS);
    if (exit === 0) expect(await publicKeys()).not.toEqual(before);
    await isConverged();
  });
});

describe('a side is rebooted', () => {
  const rows = MOMENTS.filter(({ step }) => step === 'switches over' || step === 'comes back over a new connection');

  test.each(rows)('before "$at": at most one more command is needed', async ({ at, host }) => {
    const before = await publicKeys();
    const { exit, stdout } = await lab.rotate({
      at,
      run: ['env', `LAB=${lab.name}`, 'scripts/lab', 'reboot', host, '--hard'],
    });
    expect([exit, stdout]).toEqual([1, expect.stringContaining(at)]);
    await convergesWithOneCommand();
    expect(await publicKeys()).toEqual(before);
  });
});

describe('a new key is spoilt on one side', () => {
  const spoilt = ['openssl rand -base64 32 >/root/KEY_PRIVATE.next', 'echo nonsense >/root/KEY_PRIVATE.next'];
  const rows = ENDS.flatMap(({ host }) => spoilt.map(line => ({ host, line })));

  test.each(rows)('$host: $line: the old keys are back at once, and the run says so', async ({ host, line }) => {
    const before = await publicKeys();
    const run = ['env', `LAB=${lab.name}`, 'scripts/lab', 'exec', host, '--', 'sh', '-c', line];
    const { exit, stdout } = await lab.rotate({ at: 'namorar: switches over', run });
    expect([exit, stdout]).toEqual([1, expect.stringContaining('the old keys are in use again')]);
    expect(await publicKeys()).toEqual(before);
    await lab.heals(8);
    await isConverged();
  });
});

test("the gateway's way to the relay is cut in the middle: the old keys are back, and the tunnel with the way", async () => {
  const before = await publicKeys();
  const cut = ['env', `LAB=${lab.name}`, 'scripts/lab', 'link', 'carinho', 'cut'];
  const { exit, stdout } = await lab.rotate({ at: 'namorar: switches over', run: cut, seconds: 30 });
  expect([exit, stdout]).toEqual([1, expect.stringContaining('does not answer through wg0')]);
  await lab.lab('link', 'carinho', 'mend');
  await lab.heals(20);
  expect(await publicKeys()).toEqual(before);
  await isConverged();
});

test('a far end that does not answer is left alone, and said so', async () => {
  const before = await publicKeys();
  await lab.lab('link', 'carinho', 'cut');
  const { exit, stdout } = await lab.rotate();
  await lab.lab('link', 'carinho', 'mend');
  expect([exit, stdout]).toEqual([
    1,
    expect.stringContaining(
      'the keys of namorar and carinho are left alone: carinho does not answer through the tunnel',
    ),
  ]);
  await lab.heals(20);
  expect(await publicKeys()).toEqual(before);
});

describe('a disk is full', () => {
  const fill = (folder: string): string =>
    `/.lab/usr/bin/cp -a ${folder} /tmp/full && /.lab/usr/bin/mount -t tmpfs -o size=64k,mode=700 tmpfs ${folder} &&
      /.lab/usr/bin/cp -a /tmp/full/. ${folder}/; dd if=/dev/zero of=${folder}/full bs=512 2>/dev/null; exit 0`;
  const clear = (folder: string): string => `/.lab/usr/bin/umount ${folder}; rm -rf /tmp/full`;

  test.each(['/root', '/var/db'])('%s: nothing is switched, and the run says why', async folder => {
    const before = await publicKeys();
    await lab.must('carinho', fill(folder));
    const { exit, stdout } = await lab.rotate();
    await lab.must('carinho', clear(folder));
    expect([exit, stdout]).toEqual([1, expect.stringMatching(/full|No space/)]);
    expect(await publicKeys()).toEqual(before);
    await lab.heals(ALONE_SECONDS);
    await isConverged();
  });
});
