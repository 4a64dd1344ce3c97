import { describe, expect, it } from 'vitest';
import { command } from '../../src/run/command.ts';
import { fact } from '../../src/run/fact.ts';
import { askSections, observed } from '../../src/run/observe.ts';
import type { Question } from '../../src/run/resource.ts';
import { answer } from '../answers.ts';
import { fc } from '../properties.ts';

const content = (path: string): Question => ({ kind: 'file', path, want: 'content' });
const run = (name: string): Question => ({ kind: 'run', name, command: { script: 'exec uname -sr', args: [] } });

describe('questions', () => {
  it('of several resources about one file are asked once', () => {
    const once = askSections([content('/etc/hosts')]);
    expect(askSections([content('/etc/hosts'), content('/etc/hosts')])).toEqual(once);
  });

  it('cost three sections for all files, and one for each command', () => {
    expect(askSections([content('/a'), content('/b'), run('x'), run('y'), run('x')])).toHaveLength(5);
  });
});

describe('answers', () => {
  const files = fc.uniqueArray(
    fc.record({ path: fc.stringMatching(/^\/[a-z|. ]{1,12}[a-z]$/), bytes: fc.uint8Array({ maxLength: 60 }) }),
    { selector: file => file.path, minLength: 1, maxLength: 5 },
  );

  it('return every file byte for byte, whatever is in it', () => {
    fc.assert(
      fc.property(files, all => {
        const stat = all.map(file => `Regular File|0644|root|wheel|${file.bytes.length}|0|${file.path}\n`).join('');
        const joined = Buffer.concat(all.map(file => file.bytes));
        const answers = [answer(stat), { exit: 0, stdout: joined, stderr: Buffer.alloc(0) }, answer()];
        const seen = observed(
          'namorar',
          all.map(file => content(file.path)),
          answers,
        );
        for (const file of all) expect(seen.file(file.path).content).toEqual(Buffer.from(file.bytes));
      }),
    );
  });

  it('that are missing because a program did not answer in time are refused, with a remedy', () => {
    const asked = fact('who waits', command('ask'), text => text);
    const answers = [answer(), answer(), answer(), answer('', 75, 'it does not answer\nrestart it\n')];
    const look = () => observed('namorar', [asked], answers);
    expect(look).toThrow(
      expect.objectContaining({ code: 'daemon-not-answering', what: 'it does not answer', remedy: 'restart it' }),
    );
  });

  it('that are inconsistent are refused: the file changed between two reads', () => {
    const answers = [answer('Regular File|0644|root|wheel|3|0|/a\n'), answer('ab'), answer()];
    expect(() => observed('namorar', [content('/a')], answers)).toThrow('changed while it was being read');
  });

  it.each([
    [
      'cat',
      [answer('Regular File|0644|root|wheel|3|0|/a\n'), answer('', 1, 'cat: /a: Input/output error'), answer()],
      'files could not be read: cat: /a: Input/output error',
    ],
    ['stat', [answer(), answer('abc'), answer()], 'stat(1) printed nothing about existing files'],
  ])('are refused if %s failed', (_, answers, what) => {
    expect(() => observed('namorar', [content('/a')], answers)).toThrow(what);
  });

  it('distinguish a symbolic link, a directory and nothing', () => {
    const stat = 'Symbolic Link|0755|root|wheel|3|0|/l\nDirectory|0700|root|wheel|512|0|/d\n';
    const seen = observed('namorar', ['/l', '/d', '/m'].map(content), [answer(stat), answer(), answer()]);
    expect(['/l', '/d', '/m'].map(path => seen.file(path).type)).toEqual(['link', 'directory', 'missing']);
  });

  it('to questions that were not asked are a bug', () => {
    const seen = observed('namorar', [], [answer(), answer(), answer()]);
    expect(() => seen.file('/etc/hosts')).toThrow('nobody asked');
    expect(() => seen.get(fact('uname', command('uname'), text => text))).toThrow('nobody asked');
  });
});

describe('two questions of one name', () => {
  it('never get the answers of each other, whatever reads them', () => {
    const [one, other] = [command('exec uname -r'), command('exec uname -m')].map(run =>
      fact('uname', run, text => text),
    );
    if (!one || !other) throw new Error('two facts');
    const seen = observed('namorar', [one], [answer(), answer(), answer(), answer('7.6')]);
    expect(seen.get(one)).toBe('7.6');
    expect(seen.get({ ...one, parse: () => 'read in another manner' })).toBe('read in another manner');
    expect(() => seen.get(other)).toThrow('was asked something else under the name uname');
  });

  const ask = (name: string, ...args: readonly string[]) =>
    ({ kind: 'run', name, command: command('echo "$1"', ...args) }) as const;

  it('are asked once if they are the same', () => {
    expect(askSections([ask('it', 'a'), ask('it', 'a')]).filter(one => one.label === 'asks it')).toHaveLength(1);
  });

  it('are an error if they are not: one would get the answer of the other', () => {
    expect(() => askSections([ask('it', 'a'), ask('it', 'b')])).toThrow('two questions are called it');
  });
});
