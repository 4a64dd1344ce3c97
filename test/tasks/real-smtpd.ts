/** The lab's OpenSMTPD as a judge of configurations: `smtpd -n`, with every file that a configuration names in place. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runLabProgram } from '../lab-program.ts';

/**
 * What `smtpd -n` says; `configuration OK` where it has nothing against it.
 * @param texts of files that the configuration names, by path.
 */
export function smtpdSays(conf: string, texts: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'smtpd-conf-'));
  try {
    const pair = certificate(folder);
    const place = (text: string): string =>
      text.replaceAll(/\/etc\/[^\s"]+/g, path => stage(folder, path, pair, texts[path] && place(texts[path])));
    const staged = place(conf);
    const file = join(folder, 'smtpd.conf');
    writeFileSync(file, staged);
    const { stderr } = runLabProgram(['smtpd', '-n', '-f', file]);
    return stderr.trim().replaceAll(folder, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

function certificate(folder: string): Pair {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=test', '-days', '2', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { cert, key };
}

function stage(folder: string, path: string, { cert, key }: Pair, text = 'somebody\tsomething\n'): string {
  if (path.endsWith('.key')) return key;
  if (/\.(ssc|crt|pem)$/.test(path)) return cert;
  mkdirSync(folder, { recursive: true });
  const table = join(folder, basename(path));
  writeFileSync(table, text);
  return table;
}
