/** The outcome of a key rotation, for programs and for people. */

import { plural } from '../run/plural.ts';
import type { Rotated } from '../run/rotate.ts';
import { errorJson } from './failure.ts';
import { printable } from './printable.ts';

const isNew = ({ before, after }: Rotated): boolean => after !== null && after !== before;

/** The document of --json: for each host, `rotated` says whether it has a new key, and `error` why not. */
export function rotationJson(all: readonly Rotated[], check: boolean): object {
  const hosts = all.map(one => ({
    name: one.host,
    ok: one.failure === null,
    rotated: isNew(one),
    publicKey: one.after ?? one.before,
    roundTrips: one.roundTrips,
    notes: one.notes,
    error: errorJson(one.failure),
  }));
  return { command: 'rotate-keys', check, hosts, totals: totals(all, check) };
}

const totals = (all: readonly Rotated[], check: boolean) => ({
  rotated: all.filter(one => (check ? one.failure === null : isNew(one))).length,
  failed: all.filter(one => one.failure).length,
});

/** The outcome of each host, then notes and failures; ends with a newline. */
export function rotationText(all: readonly Rotated[], check: boolean): string {
  const width = Math.max(...all.map(one => one.host.length));
  const failures = [...new Set(all.flatMap(one => one.failure ?? []))];
  const { rotated, failed } = totals(all, check);
  return printable(
    `${[
      ...all.map(one => `${one.host.padEnd(width)}  ${verdict(one, check)}, ${plural(one.roundTrips, 'round trip')}`),
      ...all.flatMap(one => one.notes.map(note => `  * ${one.host}: ${note}`)),
      ...failures.flatMap(({ where, what, remedy }) => [`  ! ${where}: ${what}`, `    ${remedy}`]),
      `${plural(rotated, 'key')} ${check ? 'to rotate' : 'rotated'}, ${failed} left`,
    ].join('\n')}\n`,
  );
}

function verdict(one: Rotated, check: boolean): string {
  if (isNew(one)) return `new key ${one.after}`;
  return one.failure === null && check ? 'would get a new key' : `keeps its key ${one.before ?? ''}`.trim();
}
