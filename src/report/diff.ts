import { createTwoFilesPatch } from 'diff';
import type { Outcome } from '../run/target.ts';
import { printable } from './printable.ts';

/** All changes of text as unified diffs, by host; secrets are left out. */
export const diffText = (outcomes: readonly Outcome[]): string =>
  outcomes
    .flatMap(outcome =>
      outcome.changes.flatMap(({ diff }) =>
        diff ? [unified(`${outcome.host}:${diff.path}`, diff.before, diff.after)] : [],
      ),
    )
    .join('');

/** A key anywhere in the text of hostname.if(5); that of a peer is public. */
const KEY = /(\bwgpeer[\s\\]+["']?)?(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=/g;

const withoutKeys = (text: string): string =>
  text.replaceAll(KEY, (key: string, peer?: string) => (peer === undefined ? '(secret)' : key));

/** A diff as for patch(1), except that secrets are replaced and control characters are made visible. */
export const unified = (path: string, before: string, after: string): string =>
  printable(
    createTwoFilesPatch(path, path, withoutKeys(before), withoutKeys(after), undefined, undefined, {
      context: 3,
    }).replace(/^(Index: .*\n)?=+\n/, ''),
  );
