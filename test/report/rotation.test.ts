import { describe, expect, it } from 'vitest';
import { rotationJson, rotationText } from '../../src/report/rotation.ts';
import { Failure } from '../../src/run/failure.ts';
import type { Rotated } from '../../src/run/rotate.ts';

const rotated: Rotated = { host: 'namorar', before: 'old=', after: 'new=', failure: null, roundTrips: 9, notes: [] };
const failure = new Failure(
  'verification-failed',
  'no answer; the old keys are in use again',
  'carinho',
  'run mailtun doctor to find out why',
);
const left: Rotated = { ...rotated, host: 'carinho', after: 'old=', failure, notes: ['took over a lock'] };

describe('the report of a rotation', () => {
  it('says which hosts have a new key, which have not, and why', () => {
    expect(rotationText([rotated, left], false)).toBe(`namorar  new key new=, 9 round trips
carinho  keeps its key old=, 9 round trips
  * carinho: took over a lock
  ! carinho: no answer; the old keys are in use again
    run mailtun doctor to find out why
1 key rotated, 1 left
`);
  });

  it('reports once a failure that several hosts have in common', () => {
    const text = rotationText([{ ...left, host: 'namorar' }, left], false);
    expect(text.match(/no answer/g)).toHaveLength(1);
  });

  it('says with --check which would get one', () => {
    const text = rotationText([{ ...rotated, after: null }], true);
    expect(text).toBe('namorar  would get a new key, 9 round trips\n1 key to rotate, 0 left\n');
  });

  it('has in JSON each host with its current public key', () => {
    expect(rotationJson([rotated, left], false)).toEqual({
      command: 'rotate-keys',
      check: false,
      hosts: [
        { name: 'namorar', ok: true, rotated: true, publicKey: 'new=', roundTrips: 9, notes: [], error: null },
        {
          name: 'carinho',
          ok: false,
          rotated: false,
          publicKey: 'old=',
          roundTrips: 9,
          notes: ['took over a lock'],
          error: { code: 'verification-failed', what: failure.what, where: 'carinho', remedy: failure.remedy },
        },
      ],
      totals: { rotated: 1, failed: 1 },
    });
  });
});
