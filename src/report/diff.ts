import { createTwoFilesPatch } from 'diff';
import type { Outcome } from '../run/target.ts';
import { printable } from './printable.ts';

/** Every change of text as a unified diff, by host; secrets have none. */
export const diffText = (outcomes: readonly Outcome[]): string =>
  outcomes
    .flatMap(outcome =>
      outcome.changes.flatMap(({ diff }) =>
        diff ? [unified(`${outcome.host}:${diff.path}`, diff.before, diff.after)] : [],
      ),
    )
    .join('');

/** A key that stands in hostname.if(5) itself, as the article has it. */
const KEY = /\b(wgkey|wgpsk)(\s+["']?)[A-Za-z0-9+/]{43}=/g;

const withoutKeys = (text: string): string => text.replaceAll(KEY, '$1$2(secret)');

/** What patch(1) would take but for secrets, with what could steer a terminal made visible. */
export const unified = (path: string, before: string, after: string): string =>
  printable(
    createTwoFilesPatch(path, path, withoutKeys(before), withoutKeys(after), undefined, undefined, {
      context: 3,
    }).replace(/^(Index: .*\n)?=+\n/, ''),
  );
