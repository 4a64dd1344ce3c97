import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clockBy } from '../driver/clock.ts';
import { provisioned } from '../driver/mailtun.ts';
import {
  ALONE_SECONDS,
  ENDS,
  isConverged,
  MOMENTS,
  publicKeys,
  type RotationLab,
  rotationLab,
} from '../driver/rotation.ts';

let lab: RotationLab;

beforeAll(async () => {
  lab = await rotationLab('faults');
  await lab.provision();
}, 120_000);

afterAll(() => lab?.down());

/** One more command may be needed, not two. */
const convergesWithOneCommand = async (): Promise<void> => {
  const { exit } = await provisioned(lab.name);
  expect(exit).toBe(0);
  await lab.recovers(25);
  await isConverged(lab);
};

describe('a side is rebooted', () => {
  const rows = MOMENTS.filter(({ step }) => step === 'switches to the new keys' || step === 'reconnects');

  test.each(rows)('before "$at": at most one more command is needed', async ({ at, host }) => {
    const before = await publicKeys(lab);
    const { exit, stdout } = await lab.rotate({
      at,
      run: ['env', `LAB=${lab.name}`, 'scripts/lab', 'reboot', host, '--hard'],
    });
    expect([exit, stdout]).toEqual([1, expect.stringContaining(at)]);
    await convergesWithOneCommand();
    expect(await publicKeys(lab)).toEqual(before);
  });
});

describe('a new key is damaged on one side', () => {
  const spoilt = ['openssl rand -base64 32 >/root/KEY_PRIVATE.next', 'echo nonsense >/root/KEY_PRIVATE.next'];
  const rows = ENDS.flatMap(({ host }) => spoilt.map(line => ({ host, line })));

  test.each(rows)('$host: $line: the old keys are restored at once, and the run reports it', async ({ host, line }) => {
    const before = await publicKeys(lab);
    const run = ['env', `LAB=${lab.name}`, 'scripts/lab', 'exec', host, '--', 'sh', '-c', line];
    const { exit, stdout } = await lab.rotate({ at: 'namorar: switches to the new keys', run });
    expect([exit, stdout]).toEqual([1, expect.stringContaining('the old keys are in use again')]);
    expect(await publicKeys(lab)).toEqual(before);
    await lab.recovers(8);
    await isConverged(lab);
  });
});

test('the path from the gateway to the relay is cut in the middle: the old keys are restored, and the tunnel works when the path does', async () => {
  const before = await publicKeys(lab);
  const cut = ['env', `LAB=${lab.name}`, 'scripts/lab', 'link', 'carinho', 'cut'];
  const { exit, stdout } = await lab.rotate({ at: 'namorar: switches to the new keys', run: cut, seconds: 30 });
  expect([exit, stdout]).toEqual([1, expect.stringContaining('does not answer through wg0')]);
  await lab.lab('link', 'carinho', 'restore');
  await lab.recovers(20);
  expect(await publicKeys(lab)).toEqual(before);
  await isConverged(lab);
});

test('if a gateway stops answering, the relay has its old key again within half a minute', async () => {
  const [before] = await publicKeys(lab);
  const sshd = (signal: string): string => `kill -${signal} $(pgrep sshd)`;
  const run = ['env', `LAB=${lab.name}`, 'scripts/lab', 'exec', 'carinho', '--', 'sh', '-c', sshd('STOP')];
  const rotation = lab.rotate({ at: 'carinho: switches to the new keys', run, seconds: 60 });
  const relayKey = async (): Promise<string> => (await publicKeys(lab))[0] ?? '';
  const reaches = async (wanted: (key: string) => boolean, seconds: number): Promise<void> => {
    const until = Date.now() + seconds * 1000;
    while (!wanted(await relayKey())) {
      if (Date.now() > until) throw new Error(`not within ${seconds} s`);
      await new Promise(resolve => setTimeout(resolve, 250));
    }
  };
  await reaches(key => key !== before, 30);
  await reaches(key => key === before, 40);
  await lab.must('carinho', sshd('CONT'));
  expect((await rotation).exit).toBe(1);
  await lab.recovers(80);
  await isConverged(lab);
});

test('a far end that does not answer is not changed, and reported', async () => {
  const before = await publicKeys(lab);
  await lab.lab('link', 'carinho', 'cut');
  const { exit, stdout } = await lab.rotate();
  await lab.lab('link', 'carinho', 'restore');
  expect([exit, stdout]).toEqual([
    1,
    expect.stringContaining(
      'the keys of namorar and carinho are not changed: carinho does not answer through the tunnel',
    ),
  ]);
  await lab.recovers(20);
  expect(await publicKeys(lab)).toEqual(before);
});

describe('the clock of one side is an hour off', () => {
  const rows = ENDS.flatMap(({ host }) => [3600, -3600].map(seconds => ({ host, seconds })));
  const setBack = async (host: string, seconds: number): Promise<void> => {
    await lab.must(host, clockBy(-seconds));
  };

  test.each(rows)('$host, $seconds s from the beginning: the rotation succeeds', async ({ host, seconds }) => {
    const before = await publicKeys(lab);
    await lab.must(host, clockBy(seconds));
    const { exit } = await lab.rotate();
    const after = await publicKeys(lab);
    await lab.recovers(8);
    await isConverged(lab);
    await setBack(host, seconds);
    expect(exit).toBe(0);
    for (const key of before) expect(after).not.toContain(key);
    await isConverged(lab);
  });

  const steps = [
    'prepares the switch',
    'switches to the new keys',
    'verifies that the tunnel works',
    'keeps the new keys',
  ];
  const moments = steps.flatMap(step => [3600, -3600].map(seconds => ({ step, seconds })));

  test.each(moments)('set $seconds s before "$step": at most one more command is needed', async ({ step, seconds }) => {
    // The lab knows a clock's steps, and handshakes, to the second only.
    const line = `sleep 1.1; ${clockBy(seconds)}`;
    const run = ['env', `LAB=${lab.name}`, 'scripts/lab', 'exec', 'carinho', '--', 'sh', '-c', line];
    const { exit, stdout } = await lab.rotate({ at: `carinho: ${step}`, run });
    // A handshake from before a clock was set back proves nothing.
    const verified = !(step === 'verifies that the tunnel works' && seconds < 0);
    expect([exit, stdout]).toEqual(
      verified ? [0, expect.anything()] : [1, expect.stringContaining('no handshake with')],
    );
    await convergesWithOneCommand();
    await setBack('carinho', seconds);
    await isConverged(lab);
  });
});

describe('a disk is full', () => {
  const fill = (folder: string): string =>
    `/.lab/usr/bin/cp -a ${folder} /tmp/full && /.lab/usr/bin/mount -t tmpfs -o size=64k,mode=700 tmpfs ${folder} &&
      /.lab/usr/bin/cp -a /tmp/full/. ${folder}/; dd if=/dev/zero of=${folder}/full bs=512 2>/dev/null; exit 0`;
  const clear = (folder: string): string => `/.lab/usr/bin/umount ${folder}; rm -rf /tmp/full`;

  test.each(['/root', '/var/db'])('%s: nothing is switched, and the run says why', async folder => {
    const before = await publicKeys(lab);
    await lab.must('carinho', fill(folder));
    const { exit, stdout } = await lab.rotate();
    await lab.must('carinho', clear(folder));
    expect([exit, stdout]).toEqual([1, expect.stringMatching(/full|No space/)]);
    expect(await publicKeys(lab)).toEqual(before);
    await lab.recovers(ALONE_SECONDS);
    await isConverged(lab);
  });
});
