import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labCalled } from '../driver/on-host.ts';

const NAME = 'power';
const HOST = 'mimando';
const lab = labCalled(NAME);
const cutPower = () => execa('scripts/lab', ['reboot', HOST, '--hard'], { env: { LAB: NAME } });

beforeAll(() => lab.up());
afterAll(() => lab.down());

test('a power cut leaves names and lengths of what was not synced, and NUL bytes in it', async () => {
  await lab.must(
    HOST,
    `print kept >/etc/synced; print -n head >/etc/grown; sync; print -n tail >>/etc/grown; print lost >/etc/lost
cp -p /etc/pf.conf /etc/copied; mv /etc/synced /etc/renamed; chmod 600 /etc/hosts
print whole | dd of=/etc/flushed conv=fsync 2>/dev/null; install -F -m 600 /etc/pf.conf /etc/installed`,
  );
  await cutPower();
  const shows = (path: string) => lab.must(HOST, `od -An -c ${path} | tr -d ' \\n'`);
  expect(await shows('/etc/renamed')).toBe('kept\\n');
  expect(await shows('/etc/flushed')).toBe('whole\\n');
  expect(await shows('/etc/grown')).toBe('head\\0\\0\\0\\0');
  expect(await shows('/etc/lost')).toBe('\\0\\0\\0\\0\\0');
  expect(await lab.must(HOST, 'tr -d "\\000" </etc/copied | wc -c')).toMatch(/^\s*0\n$/);
  expect(await lab.must(HOST, 'cmp /etc/pf.conf /etc/installed; wc -c </etc/copied; wc -c </etc/pf.conf')).toMatch(
    /^\s*(\d+)\n\s*\1\n$/,
  );
  expect(await lab.must(HOST, 'stat -f %OLp /etc/hosts; grep -c localhost /etc/hosts')).toBe('600\n2\n');
});
