import { afterAll, beforeAll, describe, it } from 'vitest';
import { TUNNEL_FAULTS } from './doctor-faults.ts';
import { doctorLab } from './doctoring.ts';

const lab = doctorLab('doctor-tunnel');

beforeAll(() => lab.ready());
afterAll(() => lab.down());

describe('the doctor names what stops the tunnel, and nothing else', () => {
  it.each(TUNNEL_FAULTS.map(fault => [fault.about, fault] as const))('%s', (_, fault) => lab.lives(fault));
});
