/** Certificates for tests, made once by openssl: what an authority signed, what nobody did, and their keys. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestPair {
  readonly cert: string;
  readonly key: string;
  /** PEM of its public half. */
  readonly publicKey: string;
}

/** A P-384 certificate for `name`, self-signed, or signed by `authority`; valid for `days` from now. */
export function pairFor(name: string, days = 60, authority?: TestPair): TestPair {
  const folder = mkdtempSync(join(tmpdir(), 'pair-'));
  const at = (file: string): string => join(folder, file);
  const openssl = (...words: readonly string[]): string =>
    execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-out', at('key'));
    writeFileSync(at('ext'), `subjectAltName=DNS:${name}\n`);
    openssl('req', '-new', '-key', at('key'), '-subj', `/CN=${name}`, '-out', at('csr'));
    const common = ['x509', '-req', '-in', at('csr'), '-days', String(days), '-extfile', at('ext'), '-out', at('cert')];
    if (authority) {
      writeFileSync(at('ca'), authority.cert);
      writeFileSync(at('cakey'), authority.key);
      openssl(...common, '-CA', at('ca'), '-CAkey', at('cakey'), '-set_serial', '7');
    } else openssl(...common, '-signkey', at('key'));
    const read = (file: string): string => readFileSync(at(file), 'utf8');
    return { cert: read('cert'), key: read('key'), publicKey: openssl('pkey', '-in', at('key'), '-pubout') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
