import { describe, expect, it } from 'vitest';
import { block } from '../../src/resources/block.ts';
import { Failure } from '../../src/run/failure.ts';
import { intactText, isLost } from '../../src/run/lost.ts';
import { stagesOf } from '../../src/run/perform.ts';
import { observing, plainFile, world } from '../answers.ts';
import { fc } from '../properties.ts';

const lost = plainFile('/etc/hosts', '\0'.repeat(20));
const kept = { ...lost, kept: Buffer.from('127.0.0.1 localhost\n') };
const hosts = block('/etc/hosts', () => ['::2 far']);

describe('a file that a power cut has emptied', () => {
  it('is read as its kept copy', () => {
    expect(intactText(kept)).toBe('127.0.0.1 localhost\n');
    const change = hosts.judge(observing([kept]), world());
    expect(change?.why).toBe('holds only NUL bytes, as after a power cut; its kept copy is used');
    expect(change?.diff?.after).toBe('127.0.0.1 localhost\n# mailtun: begin\n::2 far\n# mailtun: end\n');
  });

  it('is refused with a remedy if no good copy is kept', () => {
    expect(() => hosts.judge(observing([lost]), world())).toThrow(Failure);
  });

  it('keeps its content if it had only grown', () => {
    expect(intactText(plainFile('/etc/hosts', 'old\n\0\0\0'))).toBe('old\n');
  });

  it('never makes quoting throw, whatever it contains', () => {
    const text = fc.string({ unit: fc.constantFrom('\0', 'a', '\n', '# mailtun: begin', '# mailtun: end') });
    fc.assert(
      fc.property(text, fc.option(text), (now, copy) => {
        const file = plainFile('/etc/hosts', now);
        const copied = isLost(file.content) && copy ? { ...file, kept: Buffer.from(copy) } : file;
        try {
          const change = hosts.judge(observing([copied]), world());
          if (change) stagesOf([{ ...change, task: 'hosts-file' }]);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
        }
      }),
    );
  });
});
