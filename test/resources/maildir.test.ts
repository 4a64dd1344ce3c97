import { describe, expect, it } from 'vitest';
import { maildir } from '../../src/resources/maildir.ts';
import { answer, observing, world } from '../answers.ts';

const LOGINS = ['jay', 'ana'];
const judged = (...lines: readonly string[]) =>
  maildir('mimando', 'jay', LOGINS, 'maildir/in').judge(
    observing([], {
      'the maildirs': answer(`${['user jay 1000 /home/jay', 'user ana 1001 /home/ana', ...lines].join('\n')}\n`),
    }),
    world(),
  );
const part = (below: string, mode = 'drwx------', owner = 1000) => `part ${mode} ${owner} /home/jay${below}`;
const home = [part(''), part('/.')];

describe('a maildir', () => {
  it.each([
    ['is to be made by smtpd', home],
    [
      'is there',
      [...home, part('/maildir/.'), part('/maildir/in/.'), part('/maildir/in/new'), part('/maildir/in/tmp')],
    ],
    ['is behind a link', [...home, part('/maildir', 'lrwxr-xr-x'), part('/maildir/.')]],
    [
      'has parts of others that may be passed',
      [
        part('', 'drwxr-xr-x', 0),
        part('/maildir', 'drwxr-xr-x', 0),
        part('/maildir/in', 'drwxr-xr-x', 0),
        part('/maildir/in/new'),
        part('/maildir/in/tmp'),
      ],
    ],
    ['may be written to by a group', [...home, part('/maildir', 'drwxrwx---', 0)]],
    ['of another recipient is not judged here', [...home, 'part drwx------ 0 /home/ana']],
  ])('%s', (_, lines) => expect(judged(...lines)).toBeNull());

  it.each([
    ['a file', [...home, part('/maildir', '-rw-r--r--')], '/home/jay/maildir is not a directory'],
    ['a link that leads nowhere', [...home, part('/maildir', 'lrwxr-xr-x')], '/home/jay/maildir is not a directory'],
    [
      'a file in it',
      [...home, part('/maildir'), part('/maildir/in'), part('/maildir/in/tmp', '-rw-r--r--')],
      '/home/jay/maildir/in/tmp is not a directory',
    ],
    ["root's", [...home, part('/maildir', 'drwxr-xr-x', 0)], 'jay may not write to /home/jay/maildir'],
    [
      "in a folder of root's",
      [...home, part('/maildir', 'drwx------', 0), part('/maildir/in')],
      'jay may not write to /home/jay/maildir',
    ],
    ['closed', [...home, part('/maildir', 'dr-x------')], 'jay may not write to /home/jay/maildir'],
    ['without a home', [], '/home/jay does not exist'],
  ])('%s is refused', (_, lines, why) =>
    expect(() => judged(...lines)).toThrow(`mail for jay on mimando cannot be delivered: ${why}`),
  );

  it.each([
    [[...home, part('/maildir', '-rw-r--r--')], 'on mimando: mv /home/jay/maildir /home/jay/maildir.old'],
    [
      [...home, part('/maildir', 'drwxr-xr-x', 0), part('/maildir/in', 'drwxr-xr-x', 0)],
      'on mimando: chown -R jay /home/jay/maildir',
    ],
    [[part('', 'drwxr-xr-x', 0)], 'on mimando: chown jay /home/jay'],
    [[part('', 'dr-xr-xr-x')], 'on mimando: chmod u+wx /home/jay'],
    [[], 'on mimando: install -d -o jay -m 700 /home/jay'],
  ])('%#: its remedy', (lines, remedy) => expect(() => judged(...lines)).toThrow(expect.objectContaining({ remedy })));
});
