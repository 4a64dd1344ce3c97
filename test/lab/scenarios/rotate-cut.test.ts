import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cuttable, cuttable } from '../driver/cuttable.ts';
import { ALONE_SECONDS, isConverged, MOMENTS, publicKeys, type RotationLab, rotationLab } from '../driver/rotation.ts';

let lab: RotationLab;
let ways: Cuttable;
const dir = mkdtempSync(join(tmpdir(), 'mailtun-cut-'));

beforeAll(async () => {
  lab = await rotationLab('cut');
  await lab.provision();
  ways = await cuttable(lab.inventory, dir);
}, 120_000);

afterAll(async () => {
  await ways?.close();
  await lab?.down();
  rmSync(dir, { recursive: true, force: true });
});

test.each(MOMENTS)('the ssh connection is cut at "$at": the tunnel still works', async ({ at, host }) => {
  const before = await publicKeys(lab);
  const { exit, stdout } = await lab.rotate({ inventory: ways.inventory, at, run: ways.cut(host) });
  expect(stdout).toContain(at);
  await lab.recovers(ALONE_SECONDS);
  if (exit === 0) expect(await publicKeys(lab)).not.toEqual(before);
  await isConverged(lab);
});
