import { expect, test } from 'vitest';
import { aliasFaults } from '../../src/facts/alias-lines.ts';

/** Those with a kind were seen to be refused with 424 by smtpd 7.6 (findings/smtpd-defers-mail-of-old-aliases.sh). */
test.each([
  ['root: jay # the admin', 'comment'],
  ['root : jay', 'blank before the colon'],
  ['root: "jay"', 'quotes'],
  ['root: jay kim', 'words without a comma'],
  ['root:\tjay, kim@example.org', null],
  ['  root: jay', null],
  ['# root: "jay" # nobody', null],
  ['list: "|/usr/local/bin/list -n # 1"', null],
  ['list: |/usr/local/bin/list -n', null],
  ['save: /var/mail/save d', null],
  ['list: :include:/etc/mail/list one', null],
  ['', null],
])('%s', (line, kind) => {
  expect(aliasFaults(`\n${line}\n`).map(fault => [fault.line, fault.kind])).toEqual(kind === null ? [] : [[2, kind]]);
});
