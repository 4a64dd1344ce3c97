import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACKNOWLEDGE, READ_LOSSES } from '../../src/facts/losses.ts';
import { LOG_LINES, READ_LOG } from '../../src/facts/mail-log.ts';
import { parseMaillog } from '../../src/facts/maillog.ts';
import { parseQueue, parseQueueTotal, QUEUE } from '../../src/facts/smtpctl-queue.ts';
import { pdksh } from '../hosts/shells.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-scripts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the queue as a host reads it', () => {
  const mail = (created: number, to = 'bob@other.example', error = ''): string =>
    `8c5fa896e2244007|local|mta|auth|a@b.example|${to}|${to}|${created}|1798000000|0|1|pending|5|${error}`;
  const read = (lines: readonly string[]): string => {
    writeFileSync(join(folder, 'queue'), lines.map(line => `${line}\n`).join(''));
    writeFileSync(join(folder, 'smtpctl'), `#!/bin/sh\ncat ${folder}/queue\n`);
    chmodSync(join(folder, 'smtpctl'), 0o755);
    return execFileSync('/bin/sh', ['-c', QUEUE.command.script], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
  };

  it('has the total of all messages, although only the last ones are read', () => {
    const lines = Array.from({ length: 2500 }, (_, index) => mail(1_795_330_000 - (index === 7 ? 99_999 : index)));
    const text = read(lines);
    expect(parseQueue(text)).toHaveLength(2000);
    expect(parseQueueTotal(text)).toEqual({ count: 2500, oldest: 1_795_230_001 });
  });
  it('finds the time in spite of bars and numbers in a local part', () => {
    const odd = 'a|1|2|3|4|pending|x@other.example';
    expect(parseQueueTotal(read([mail(1_795_330_000, odd, 'broken | pipe')]))).toEqual({
      count: 1,
      oldest: 1_795_330_000,
    });
  });
  it('is empty if nothing waits, and what is not an envelope is not counted', () => {
    expect(parseQueueTotal(read([]))).toEqual({ count: 0, oldest: null });
    expect(parseQueueTotal(read(['smtpctl: something odd', mail(1_795_330_000)]))).toMatchObject({ count: 1 });
  });
});

describe('the mail log as a host reads it', () => {
  const line = (msgid: string): string =>
    `Nov 22 06:17:17 mimando smtpd[4711]: 1c2d3e4f5a6b7c8d mda delivery evpid=${msgid}a1b2c3d4 from=<a@b.example> to=<test@example.com> rcpt=<test@example.com> user=jay delay=0s result=Ok stat=Delivered\n`;
  const read = (files: Readonly<Record<string, string | Buffer>>) => {
    const place = mkdtempSync(join(folder, 'log-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
    const script = READ_LOG.replaceAll('/var/log', place);
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script, 'log', LOG_LINES], { encoding: 'utf8' });
    const msgids = parseMaillog(stdout).flatMap(event => (event.kind === 'delivery' ? [event.evpid.slice(0, 8)] : []));
    return { status, msgids, stderr };
  };

  it('is read beyond the NUL bytes that a power cut leaves in it', () => {
    const log = `${line('00000001')}${'\0'.repeat(500)}${line('00000002')}${line('00000003')}`;
    expect(read({ maillog: log })).toEqual({ status: 0, msgids: ['00000001', '00000002', '00000003'], stderr: '' });
  });
  const [today, before] = [line('00000002'), line('00000001')];

  it.each([
    ['packed', { 'maillog.0.gz': gzipSync(before) }],
    ['as it is where newsyslog packs none', { 'maillog.0': before }],
    ['once while it is being packed', { 'maillog.0': before, 'maillog.0.gz': gzipSync(before).subarray(0, 20) }],
  ])("begins with yesterday's, %s", (_, files) => {
    expect(read({ ...files, maillog: today })).toEqual({ status: 0, msgids: ['00000001', '00000002'], stderr: '' });
  });
  it('may be empty, and may be missing', () => {
    expect(read({ maillog: '' })).toEqual({ status: 0, msgids: [], stderr: '' });
    expect(read({})).toEqual({ status: 1, msgids: [], stderr: '' });
  });
  it('is read as `syslogd -Z` writes it', () => {
    const iso = (text: string): string => text.replaceAll(/^Nov 22 (\S+)/gm, '2026-11-22T$1.123Z');
    const broken =
      'Nov 22 06:17:18 namorar smtpd[4711]: 7601b88719cacfb0 smtp connected address=192.0.2.9 host=x\n' +
      'Nov 22 06:17:19 namorar smtpd[4711]: 7601b88719cacfb0 smtp disconnected reason="io-error: handshake failed"\n';
    const place = mkdtempSync(join(folder, 'log-'));
    const kinds = (text: string) => {
      writeFileSync(join(place, 'maillog'), text);
      const script = READ_LOG.replaceAll('/var/log', place);
      const said = execFileSync('/bin/sh', ['-c', script, 'log', LOG_LINES], { encoding: 'utf8' });
      return parseMaillog(said).map(({ kind }) => kind);
    };
    expect(kinds(today + broken)).toEqual(['connected', 'disconnected', 'delivery']);
    expect(kinds(iso(today + broken))).toEqual(['connected', 'disconnected', 'delivery']);
  });
});

describe.each(pdksh)('losses as a host reads them, in %s', shell => {
  const lost = (msgid: string): string =>
    `Nov 22 06:17:17 mimando smtpd[4711]: 1c2d3e4f5a6b7c8d mda delivery evpid=${msgid}a1b2c3d4 from=<a@b.example> to=<test@example.com> rcpt=<-> user=jay delay=0s result=PermFail stat=no such user\n`;
  const noise = 'Nov 22 06:17:17 mimando smtpd[4711]: 00a1b2c3d4e5f607 smtp connected address=local host=x\n';
  const read = (files: Readonly<Record<string, string | Buffer>>, acknowledged?: string) => {
    const place = mkdtempSync(join(folder, 'losses-'));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(place, name), text);
      if (name.startsWith('maillog.')) utimesSync(join(place, name), 1000, 1000);
    }
    if (acknowledged !== undefined) writeFileSync(join(place, 'acknowledged'), acknowledged);
    const script = READ_LOSSES.replaceAll('/var/log', place);
    const { status, stdout, stderr } = spawnSync(shell, ['-c', script, 'losses', place], { encoding: 'utf8' });
    const msgids = parseMaillog(stdout).flatMap(event => (event.kind === 'delivery' ? [event.evpid.slice(0, 8)] : []));
    return { status, msgids, stderr, head: stdout.split('\n', 1)[0] };
  };

  it('are found in every log that newsyslog keeps, whatever else it contains', () => {
    const files = {
      'maillog.6.gz': gzipSync(lost('00000001')),
      'maillog.1': lost('00000002'),
      'maillog.0.gz': gzipSync(lost('00000003') + noise.repeat(30_000)),
      maillog: noise.repeat(1000) + lost('00000004') + noise.repeat(30_000),
    };
    expect(read(files)).toMatchObject({
      status: 0,
      msgids: ['00000001', '00000002', '00000003', '00000004'],
      stderr: '',
    });
  });
  it('leave out logs that were rotated before the acknowledgement', () => {
    const files = { 'maillog.0': lost('00000001'), maillog: lost('00000002') };
    expect(read(files, '1795327702\n')).toMatchObject({ msgids: ['00000002'], head: 'acknowledged 1795327702' });
  });
  it('are none if there is no log', () => {
    expect(read({})).toMatchObject({ status: 0, msgids: [], stderr: '' });
  });
  it('are acknowledged in a file that is replaced atomically', () => {
    const place = join(mkdtempSync(join(folder, 'state-')), 'mailtun');
    const note = (time: string) => spawnSync(shell, ['-c', ACKNOWLEDGE, 'note', place, time]).status;
    expect([note('1795327702'), note('1795327703')]).toEqual([0, 0]);
    expect(readdirSync(place)).toEqual(['acknowledged']);
    expect(readFileSync(join(place, 'acknowledged'), 'utf8')).toBe('1795327703\n');
  });
});
