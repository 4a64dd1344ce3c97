import { expect, it } from 'vitest';
import { commandOutput } from '../../src/hosts/command-output.ts';

const output = (script: string) => commandOutput(['/bin/sh', '-c', script], 'mail.credentials.password');

it('it is what the program prints', async () => {
  expect(await output('printf "a b\\nsecond\\n"')).toBe('a b\nsecond');
});

it('it does not wait for processes that the program leaves behind with its stdout', async () => {
  const left = Number(await output('sleep 600 2>/dev/null & echo $!; exit 0'));
  // Throws if that process has ended.
  process.kill(left);
});

it('it is complete, however long, if a process is left behind', async () => {
  const text = await output(
    'i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i + 1)); done; sleep 20 2>/dev/null &',
  );
  expect(text).toHaveLength(20_000 * 11 - 1);
});

it.each([
  ['kill -TERM $$', '"/bin/sh" was ended by SIGTERM'],
  ['kill -KILL $$', '"/bin/sh" was ended by SIGKILL'],
  ['echo secret; exit 3', '"/bin/sh" ended with exit status 3'],
  ['echo secret; sleep 20 2>/dev/null & exit 3', '"/bin/sh" ended with exit status 3'],
])('%s: %s', async (script, what) => {
  await expect(output(script)).rejects.toMatchObject({ what });
});

it('what is not a program cannot be run', async () => {
  await expect(commandOutput(['/nosuch/pass'], 'x')).rejects.toMatchObject({ what: '"/nosuch/pass" could not be run' });
});
