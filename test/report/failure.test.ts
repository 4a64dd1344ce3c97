import { describe, expect, it } from 'vitest';
import { InventoryErrors } from '../../src/hosts/inventory/errors.ts';
import { failureJson } from '../../src/report/failure.ts';
import { provisionJson } from '../../src/report/provision.ts';
import { Failure } from '../../src/run/failure.ts';
import { change, reason } from '../../src/run/resource.ts';

const failure = new Failure('lock-held', 'ana@desk has been changing it', 'namorar', 'wait');
const error = { code: 'lock-held', what: 'ana@desk has been changing it', where: 'namorar', remedy: 'wait' };

describe('a failure for programs', () => {
  it('has its code before what people read', () => {
    expect(JSON.stringify(failureJson('status', failure))).toBe(JSON.stringify({ command: 'status', error }));
  });
  it('has a code of its own where the inventory is bad', () => {
    const problem = { line: 2, column: 1, path: 'mial', what: 'unknown key "mial"', remedy: 'write mail' };
    expect(failureJson(null, new InventoryErrors('bad.yaml', [problem]))).toEqual({
      command: null,
      error: {
        code: 'inventory-invalid',
        what: '1 error in the inventory',
        where: 'bad.yaml',
        remedy: 'correct the inventory',
      },
      problems: [problem],
    });
  });
});

describe('the document of provision', () => {
  it('has the codes of each change and of the failure', () => {
    const due = change('/etc/hosts', [reason('block-differs', 'the block differs'), reason('unwanted', 'a line')], []);
    const changes = [{ ...due, task: 'hosts-file', applied: false }];
    const outcome = { host: 'namorar', changes, unchanged: 3, failure, roundTrips: 2, notes: [] };
    expect(provisionJson([outcome], false, 'provision')).toMatchObject({
      hosts: [
        {
          changes: [
            {
              task: 'hosts-file',
              resource: '/etc/hosts',
              codes: ['block-differs', 'unwanted'],
              why: 'the block differs; a line',
              applied: false,
            },
          ],
          error,
        },
      ],
    });
  });
});
