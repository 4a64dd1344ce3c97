/** A host's answers, as a test wants them. */

import { sha256 } from '../src/resources/file.ts';
import type { Answer } from '../src/run/exchange.ts';
import { worldOf } from '../src/run/plan.ts';
import type { FileState, Observed, World } from '../src/run/resource.ts';

export const answer = (stdout = '', exit = 0, stderr = ''): Answer => ({
  exit,
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(stderr),
});

/** A plain file of root's, 0644, unless it says otherwise. */
export const plainFile = (path: string, text: string, more: Partial<FileState> = {}): FileState => ({
  path,
  type: 'file',
  mode: '0644',
  owner: 'root',
  group: 'wheel',
  content: Buffer.from(text),
  sha256: sha256(text),
  ...more,
});

/** Files that are not given are missing; runs that are not given answered nothing and exit status 0. */
export const observing = (files: readonly FileState[] = [], runs: Readonly<Record<string, Answer>> = {}): Observed => ({
  file: path =>
    files.find(file => file.path === path) ?? {
      path,
      type: 'missing',
      mode: '',
      owner: '',
      group: '',
      content: null,
      sha256: null,
    },
  run: name => runs[name] ?? answer(),
});

/** A world in which these public parts are known and these resources will change. */
export const world = (
  published: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  changing: readonly string[] = [],
  now = Date.parse('2026-11-22T08:00:00Z'),
): World => worldOf(new Map(Object.entries(published)), { willChange: id => changing.includes(id), now });
