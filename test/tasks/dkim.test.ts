import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dkimKeysIn, isPublished, parseDkimState } from '../../src/facts/dkim-keys.ts';
import { parseDkimRecord, sameDkimKey } from '../../src/facts/dkim-record.ts';
import { relaysOf } from '../../src/hosts/fleet.ts';
import { script } from '../../src/run/quoting.ts';
import { DKIM_STANDING } from '../../src/tasks/dkim.ts';
import { DROP } from '../../src/tasks/dkim-scripts.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { type Signing, signingFilter, signingIn, signingOf } from '../../src/tasks/smtpd-dkim.ts';
import { world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { articleWith, fleetOf, several } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const two = fleetOf(
  articleWith('domain: example.com', 'domain: [example.com, example.org]').replace(
    /# dkim: true/,
    'dkim: { selector: s2 } #',
  ),
);
const [relay] = relaysOf(two);
if (!relay) throw new Error('no relay');

const signing = (selector: string, ...domains: readonly string[]): Signing => ({ selector, algorithm: 'rsa', domains });
const [ORG, COM] = ['example.org', 'example.com'];

describe('outbound mail is signed', () => {
  const S1 = signing('s1', COM, ORG);
  it.each<[string, readonly string[], Signing | null, Signing | null]>([
    ['not at all while no domain has the record', [`s2 rsa ${COM} no`, `s2 rsa ${ORG} no`], null, null],
    ['not at all without an answer', [`s2 rsa ${COM} unknown`, `s2 rsa ${ORG} unknown`], null, null],
    ['for the domain whose DNS has the record', [`s2 rsa ${COM} no`, `s2 rsa ${ORG} yes`], null, signing('s2', ORG)],
    [
      'with the old key until the new one is everywhere',
      [`s1 rsa ${COM} yes`, `s1 rsa ${ORG} yes`, `s2 rsa ${COM} yes`, `s2 rsa ${ORG} no`],
      S1,
      S1,
    ],
    [
      'with the new key then',
      [`s1 rsa ${COM} yes`, `s1 rsa ${ORG} yes`, `s2 rsa ${COM} yes`, `s2 rsa ${ORG} yes`],
      S1,
      signing('s2', COM, ORG),
    ],
    [
      'with the new key where the old record has gone too early',
      [`s1 rsa ${COM} no`, `s1 rsa ${ORG} no`, `s2 rsa ${COM} yes`, `s2 rsa ${ORG} no`],
      S1,
      signing('s2', COM),
    ],
    [
      'as before where DNS does not answer',
      [`s2 rsa ${COM} unknown`, `s2 rsa ${ORG} unknown`],
      signing('s2', COM),
      signing('s2', COM),
    ],
    [
      'no longer with a key that DNS has another record for',
      [`s2 rsa ${COM} no`, `s2 rsa ${ORG} no`],
      signing('s2', COM, ORG),
      null,
    ],
  ])('%s', (_, standing, before, expected) => {
    const existing = before ? smtpdConf(relay, two, undefined, before) : smtpdConf(relay, two);
    const known = world({ namorar: { [DKIM_STANDING]: standing.join('\n') } });
    expect(signingOf(relay, two, known, existing)).toEqual(expected);
  });
  it('by a file that smtpd accepts, at the listener of the tunnel and the socket of the relay, and that is read back', () => {
    const conf = smtpdConf(relay, two, undefined, S1);
    expect(conf.split('\n').filter(line => line.includes('mailtun_dkim'))).toEqual([
      signingFilter(S1).statement,
      'listen on socket filter "mailtun_dkim"',
      expect.stringMatching(/^listen on 2001:db8:c1da::2 .* filter "mailtun_dkim"$/),
    ]);
    expect(signingIn(conf)).toEqual(S1);
    expect(signingIn(smtpdConf(relay, two))).toBeNull();
    expect(smtpdSays(conf.replaceAll('_dkimsign', 'root'))).toBe('configuration OK');
  });
  it('after existing filters for outbound mail', () => {
    const [plain] = relaysOf(two);
    if (!plain) throw new Error('no relay');
    const program = { name: 'rspamd', command: '/usr/local/libexec/smtpd/filter-rspamd', user: null, group: null };
    const filtering = { ...plain, filters: { ...plain.filters, outbound: [program] } };
    const lines = smtpdConf(filtering, two, undefined, S1).split('\n');
    expect(lines).toContain('filter "mailtun_outbound" chain { "rspamd", "mailtun_dkim" }');
  });
  it('with a key for each of several relays', () => {
    const fleet = fleetOf(several.replace(/^mail:$/m, 'mail:\n  dkim: true'));
    const filters = relaysOf(fleet).map(one => {
      const selector = `mailtun-${one.name}`;
      const known = world({ [one.name]: { [DKIM_STANDING]: `${selector} rsa example.com yes` } });
      return signingOf(one, fleet, known, '')?.selector;
    });
    expect(filters).toEqual(['mailtun-namorar', 'mailtun-saudade']);
  });
});

describe('a DKIM record', () => {
  it('is compared by its key, whatever else it contains', () => {
    expect(sameDkimKey('v=DKIM1; k=rsa; p=MIIB', 'v=DKIM1; t=s; p=MI IB')).toBe(true);
    expect(sameDkimKey('v=DKIM1; k=rsa; p=MIIB', 'v=DKIM1; k=ed25519; p=MIIB')).toBe(false);
    expect(sameDkimKey('v=DKIM1; k=rsa; p=MIIB', 'v=DKIM1; k=rsa; p=')).toBe(false);
    expect(parseDkimRecord('v=spf1 -all')).toBeNull();
  });
  it('counts as none if there is another one for the same selector', () => {
    const key = { selector: 's1', state: 'key', record: 'v=DKIM1; k=rsa; p=MIIB' } as const;
    const records = (...values: readonly string[]) => isPublished(key, { kind: 'records', values });
    expect(records('something else', key.record)).toBe('yes');
    expect(records(key.record, 'v=DKIM1; k=rsa; p=old')).toBe('no');
    expect(isPublished(key, { kind: 'unknown', text: 'timed out' })).toBe('unknown');
  });
});

describe('the state of the keys on a relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dkim-state-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(pdksh)('has each key with its record, and recognizes one that a power cut has emptied: %s', shell => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeFileSync(join(folder, 's1.key'), pem);
    writeFileSync(join(folder, 's1.record'), 'v=DKIM1; k=ed25519; p=abc=\n');
    writeFileSync(join(folder, 's2.key'), Buffer.alloc(100));
    writeFileSync(join(folder, 's2.record'), 'v=DKIM1; k=rsa; p=def\n');
    const { command: asked } = dkimKeysIn(folder, ['example.com']);
    const functions = `host() { print -r -- "Host $5 not found: 3(NXDOMAIN)"; }\ntimeout() { shift; "$@"; }\n`;
    const state = parseDkimState(
      execFileSync(shell, [], { input: `${functions}${script(asked.script, ...asked.args)}`, encoding: 'utf8' }),
    );
    expect(state.keys).toEqual([
      { state: 'key', selector: 's1', record: 'v=DKIM1; k=ed25519; p=abc=' },
      { state: 'damaged', selector: 's2', record: 'v=DKIM1; k=rsa; p=def' },
    ]);
    expect(state.answer('s1', 'example.com')?.kind).toBe('none');
    expect(state.answer('s2', 'example.com')).toBeNull();
  });
});

describe('the key of an old selector', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dkim-drop-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const mail = join(folder, 'queue/7b/7b06a3f1');
  mkdirSync(mail, { recursive: true });
  const head = 'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;';
  const isDropped = (shell: string, message: string): boolean => {
    writeFileSync(join(mail, 'message'), message);
    for (const end of ['key', 'record']) writeFileSync(join(folder, `s1-namorar-example-com.${end}`), 'x');
    const text = DROP.replace('/var/spool/smtpd/queue', join(folder, 'queue'));
    const input = `complain() { return 1; }\n${script(text, folder, 's1-namorar-example-com', '/dev/null')}`;
    try {
      execFileSync(shell, [], { input, stdio: ['pipe', 'ignore', 'ignore'] });
    } catch {
      // its exit status says the same as the file
    }
    return !existsSync(join(folder, 's1-namorar-example-com.key'));
  };

  // As filter-dkimsign 0.6 prints it: a line of more than 78 characters is folded behind a tag.
  it.each([
    ['stays if it has signed queued mail', `${head} s=s1-namorar-example-com; bh=abc=\n`, false],
    ['stays if the selector is on the second line', `${head}\n\ts=s1-namorar-example-com; bh=abc=\n`, false],
    ['stays for a filter of an earlier release', `DKIM-signature: v=1;\n\ts=s1-namorar-example-com; h=from\n`, false],
    ['goes if another one has signed it', `${head}\n\ts=s1; bh=abc=\n`, true],
    ['goes if only the text names it', `Subject: x\n\n${head}\n\ts=s1-namorar-example-com; bh=abc=\n`, true],
  ])('%s', (_, message, expected) => {
    for (const shell of pdksh) expect(isDropped(shell, `${message}From: jay@example.com\n\nhello\n`)).toBe(expected);
  });
});
