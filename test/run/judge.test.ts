import { expect, test } from 'vitest';
import { answered, hostRun } from '../../src/run/host-run.ts';
import { partsOf } from '../../src/run/judge.ts';
import { observing } from '../answers.ts';

/** Hosts that publish a key and remember that of every other one; how often they were asked what they remember. */
function parts(...away: readonly string[]) {
  const names = ['namorar', 'carinho', 'mimando'];
  let recalls = 0;
  const runs = names.map(host => {
    const publishes = {
      id: 'key',
      questions: [],
      judge: () => null,
      publish: () => ({ key: `of ${host}` }),
      recall: () => {
        recalls += 1;
        return new Map(names.filter(name => name !== host).map(name => [name, { key: `of ${name}, says ${host}` }]));
      },
    };
    const never = () => Promise.reject(new Error('not here'));
    return hostRun({
      host,
      assigned: [],
      publishes: [{ task: 'keys', resource: publishes }],
      connect: never,
      reconnect: never,
    });
  });
  for (const run of runs) if (!away.includes(run.target.host)) answered(run, observing());
  return { parts: Object.fromEntries(partsOf(runs)), recalls: () => recalls };
}

test('what hosts remember of others counts for a host that cannot be asked, and for no other one', () => {
  expect(parts('mimando').parts).toEqual({
    namorar: { key: 'of namorar' },
    carinho: { key: 'of carinho' },
    mimando: { key: 'of mimando, says carinho' },
  });
});

test('it is not even read while every host answers: a gateway remembers as many as it has workstations', () => {
  const { parts: known, recalls } = parts();
  expect([Object.keys(known), recalls()]).toEqual([['namorar', 'carinho', 'mimando'], 0]);
});
