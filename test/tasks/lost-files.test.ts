import { describe, expect, test } from 'vitest';
import { lostKey } from '../../src/resources/lost-key.ts';
import { Failure } from '../../src/run/failure.ts';
import { plan } from '../../src/run/plan.ts';
import type { FileState, Observed } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { acme, article, fleetOf } from './fleets.ts';

const anything = new Proxy<Record<string, string>>({}, { get: () => `${'A'.repeat(43)}=` });

/** Every file that is asked for is there and holds NUL bytes; every program says what it says of such a file. */
const allLost = (kept: Buffer | null): Observed => ({
  file: (path): FileState => ({ ...plainFile(path, '\0'.repeat(64)), kept }),
  get: ({ name, parse }) => parse(saysOfLost(name)),
});

const saysOfLost = (name: string) =>
  name === "root's crontab"
    ? answer('', 1)
    : name.startsWith('service ')
      ? answer('lost\nenabled\nrunning\n')
      : name.startsWith('the ') && !name.startsWith('the attempt')
        ? answer('lost\n')
        : name.startsWith('whether ')
          ? answer('lost\n')
          : answer();

const aboutLost = ({ what }: Failure): boolean => what.includes('NUL bytes');

describe.each([
  ['the article', fleetOf(article)],
  ['certificates from a CA', fleetOf(acme)],
])('files of which a power cut has left NUL bytes: %s', (_, fleet) => {
  const published = new Map(['inventory', ...fleet.hosts.map(host => host.name)].map(name => [name, anything]));
  const hosts = fleet.hosts.map(host => [host.name, assign(allTasks, host, fleet)] as const);

  test.each(hosts)('%s: each is reported as lost and made again', (_name, assigned) => {
    const { changes, failures } = plan(assigned, allLost(Buffer.from('set skip on lo\n')), published, { now: 0 });
    expect(failures.filter(aboutLost)).toEqual([]);
    const files = new Set(
      assigned.flatMap(({ resource }) =>
        resource.questions.some(one => one.kind === 'file' && one.want === 'content' && one.path === resource.id)
          ? [resource.id]
          : [],
      ),
    );
    for (const change of changes)
      if (files.has(change.resource) || /^(crontab|service|\/root|\/etc\/acme)/.test(change.resource))
        expect([change.resource, change.codes]).toEqual([change.resource, expect.arrayContaining(['file-lost'])]);
    expect(changes.map(change => change.resource)).toEqual(expect.arrayContaining([...files]));
  });

  test.each(hosts)('%s: one without a kept copy is a Failure with a remedy', (_name, assigned) => {
    const { failures } = plan(assigned, allLost(null), published, { now: 0 });
    expect(failures.filter(aboutLost).length).toBeGreaterThan(0);
    for (const failure of failures.filter(aboutLost)) {
      expect(failure).toBeInstanceOf(Failure);
      expect(failure.remedy).toMatch(/restore/);
    }
  });
});

test('a key of acme-client(1) is removed if it is lost, and kept otherwise', () => {
  const key = lostKey('/etc/acme/mailtun-privkey.pem');
  const name = 'whether /etc/acme/mailtun-privkey.pem is lost';
  expect(key.judge(observing([], { [name]: answer('lost\n') }), {} as never)?.codes).toEqual(['file-lost']);
  expect(key.judge(observing([], { [name]: answer('') }), {} as never)).toBeNull();
});
