import { afterAll, beforeAll, describe, it } from 'vitest';
import { doctorLab } from './doctoring.ts';
import { REMEDY_FAULTS } from './remedy-faults.ts';

const lab = doctorLab('doctor-remedies');

beforeAll(() => lab.ready());
afterAll(() => lab.down());

describe('the remedy that doctor prints ends the fault, and the next provision finds nothing to do', () => {
  it.each(REMEDY_FAULTS.map(fault => [fault.about, fault] as const))('%s', (_, fault) => lab.lives(fault));
});
