import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crontab } from '../../src/resources/crontab.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, observing, world } from '../answers.ts';

const stock = `#
SHELL=/bin/sh
PATH=/bin:/sbin:/usr/bin:/usr/sbin
HOME=/var/log
#
0	*	*	*	*	/usr/bin/newsyslog
30	1	*	*	*	/bin/sh /etc/daily
`;
const watch = '*\t*\t*\t*\t*\t-q /usr/local/libexec/mailtun-watch wg0 2001:db8:c1da::2';
const block = `# mailtun tunnel watch: begin\n${watch}\n# mailtun tunnel watch: end\n`;
const wanted = crontab('tunnel watch', [watch]);
const judged = (tab: string, resource = wanted) =>
  resource.judge(observing([], { "root's crontab": answer(tab) }), world());

describe("root's crontab", () => {
  it.each([
    ['missing', stock],
    ['differs', `${stock}${block.replace('wg0', 'wg1')}`],
    ['missing', `${stock}# mailtun tunnel watch: begin\n${watch}\n`],
    ['missing', `${stock}${block}${block}`],
  ])('is edited if the block is %s', (why, tab) => {
    expect(judged(tab)?.why).toBe(why);
  });
  it('is not changed if the block is anywhere in it', () => {
    expect(judged(`${stock}${block}`)).toBeNull();
    expect(judged(`${block}${stock}`)).toBeNull();
  });
  it('runs its lines with sh and the PATH of base, whatever the user has set', () => {
    const theirs = 'SHELL = "/usr/local/bin/fish"\nPATH=/usr/local/bin:/bin\n@daily\techo x\n';
    const own = `SHELL=/bin/sh\nPATH=/bin:/sbin:/usr/bin:/usr/sbin\n${watch}\nSHELL = "/usr/local/bin/fish"\nPATH=/usr/local/bin:/bin`;
    const whole = block.replace(watch, own);
    expect(judged(`${theirs}${block}`)?.why).toBe('differs');
    expect(judged(theirs)?.diff?.after).toBe(`${own}\n`);
    expect(judged(`${theirs}${whole}`)).toBeNull();
    // Behind the block it is nothing to its lines; and where the user has sh again, they stand as they always did.
    expect(judged(`${stock}${block}${theirs}`)).toBeNull();
    expect(judged(`${theirs}SHELL=/bin/ksh\nPATH="/usr/sbin:/usr/bin:/bin"\n${block}`)).toBeNull();
    expect(judged(`${stock}${whole}`)?.diff?.after).toBe(`${watch}\n`);
  });
  it('loses the block if no lines are desired', () => {
    expect(judged(`${stock}${block}`, crontab('tunnel watch', []))?.why).toBe('no longer needed');
    expect(judged(stock, crontab('tunnel watch', []))).toBeNull();
  });
});

describe("a change of root's crontab", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crontab-'));
    const tab = join(folder, 'tab');
    writeFileSync(tab, '');
    // As copy_crontab() of crontab.c: up to three comments on top are left out, whoever wrote them.
    const list = `awk 'n < 3 && !rest && /^#/ { n++; next } { rest = 1; print }' ${tab}`;
    writeFileSync(join(folder, 'crontab'), `#!/bin/sh\nif [ "$1" = -l ]; then ${list}; else cat "$1" >${tab}; fi\n`);
    chmodSync(join(folder, 'crontab'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The crontab after the change has been made to `tab`, with a stand-in for crontab(1). */
  function edited(tab: string, resource = wanted): string {
    writeFileSync(join(folder, 'tab'), tab);
    for (const step of judged(tab, resource)?.steps ?? []) {
      const text = `print() { shift 2; printf '%s\\n' "$*"; }; keep() { :; }; is_lost() { return 1; }\n${script(step.command.script, ...step.command.args)}`;
      execFileSync('/bin/sh', ['-c', text.replaceAll('/var/cron/tabs/root', join(folder, 'tab'))], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      });
    }
    return readFileSync(join(folder, 'tab'), 'utf8');
  }

  it.each([
    ['adds the block at the end', stock, `${stock}${block}`],
    ['makes a first crontab', '', block],
    ['replaces the block where it stands', `${block.replace('wg0', 'wg1')}${stock}`, `${block}${stock}`],
    [
      'repairs a block without its end and keeps what the user wrote behind it',
      `# mailtun tunnel watch: begin\n${stock}`,
      `${stock}${block}`,
    ],
    ['leaves a single block of two', `${block}${stock}${block}`, `${block}${stock}`],
    [
      'keeps the block of another chapter',
      `${block.replaceAll('tunnel watch', 'certificates')}`,
      `${block.replaceAll('tunnel watch', 'certificates')}${block}`,
    ],
    [
      'keeps the comments on top of a crontab that crontab(1) has not installed, such as that of a new host',
      `#\t$OpenBSD: crontab,v 1.28 2020/04/18 17:22:43 jmc Exp $\n#\n# /var/cron/tabs/root - root's crontab\n${stock}`,
      `#\t$OpenBSD: crontab,v 1.28 2020/04/18 17:22:43 jmc Exp $\n#\n# /var/cron/tabs/root - root's crontab\n${stock}${block}`,
    ],
    [
      'does not pile up the lines that crontab(1) puts on top',
      `# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (/tmp/x installed on Sun Nov 22 08:00:00 2026)\n# (Cron version V5.0)\n${stock}`,
      `${stock}${block}`,
    ],
  ])('%s', (_, tab, wantedTab) => {
    expect(edited(tab)).toBe(wantedTab);
  });
  it('removes the block', () => {
    expect(edited(`${stock}${block}# mine\n`, crontab('tunnel watch', []))).toBe(`${stock}# mine\n`);
  });
});
