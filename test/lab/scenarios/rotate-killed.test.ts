import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALONE_SECONDS, isConverged, MOMENTS, type RotationLab, rotationLab } from '../driver/rotation.ts';

let lab: RotationLab;

beforeAll(async () => {
  lab = await rotationLab('killed');
  await lab.provision();
}, 120_000);

afterAll(() => lab?.down());

const steps = MOMENTS.filter(({ host }) => host === 'carinho');

test.each(steps)('mailtun is killed before "$at": the hosts recover by themselves', async ({ at }) => {
  const { stdout } = await lab.rotate({ at });
  expect(stdout).toContain(at);
  await lab.recovers(ALONE_SECONDS);
  await isConverged(lab);
});

test.each(steps)('mailtun is killed in the middle of "$at": the hosts recover by themselves', async ({ at }) => {
  await lab.rotate({ at, afterMilliseconds: 60 });
  await lab.recovers(ALONE_SECONDS);
  await isConverged(lab);
});
