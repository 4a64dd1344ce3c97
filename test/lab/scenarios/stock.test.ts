import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Recording {
  readonly about: string;
  readonly stdout: string;
}

const recordings: readonly Recording[] = JSON.parse(readFileSync('test/recordings/transcripts.json', 'utf8'));
const sums = recordings.find(recording => recording.about === 'stock files as the release ships them: sums')?.stdout;

test.each(['mail/smtpd.conf', 'pf.conf'])('the lab starts with the /etc/%s of the release', path => {
  const sum = createHash('sha256')
    .update(readFileSync(`test/lab/machine/etc/${path}`))
    .digest('hex');
  expect(sums).toContain(`SHA256 (/etc/${path}) = ${sum}\n`);
});

test.each(['namorar', 'carinho', 'mimando'])(
  'inventory/lab.yaml knows the host key that the sshd of %s shows',
  host => {
    const inventory = parse(readFileSync('inventory/lab.yaml', 'utf8'));
    const key = Buffer.from(readFileSync(`test/lab/machine/keys/${host}.pub`, 'utf8').split(' ')[1] ?? '', 'base64');
    const fingerprint = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
    expect(inventory.hosts[host].ssh.host_key).toBe(`SHA256:${fingerprint}`);
  },
);
