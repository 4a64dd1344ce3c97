import type { z } from 'zod/mini';
import { nearest } from './did-you-mean.ts';
import { type Finding, type Path, quoted } from './errors.ts';
import { hostSchema, roles } from './host-schema.ts';
import { type Inventory, inventorySchema } from './schema.ts';
import { unsaid } from './value-schemas.ts';

type Issue = z.core.$ZodIssue;

/** A value that fits the schema of the inventory, with its defaults; or null, and everything that does not fit. */
export function fitted(value: unknown): { inventory: Inventory | null; findings: readonly Finding[] } {
  const result = inventorySchema.safeParse(value, { jitless: true });
  if (result.success) return { inventory: result.data, findings: [] };
  const findings = result.error.issues.flatMap(issue => findingsOf(issue, []));
  return { inventory: null, findings: [...findings, ...behindMistypedRoles(value)] };
}

/** Other errors of hosts whose role is mistyped, checked with the role that was probably meant. */
function behindMistypedRoles(value: unknown): Finding[] {
  return Object.entries(partOf(value, 'hosts') ?? {}).flatMap(([name, host]) => {
    const role = partOf(host, 'role');
    const meant = typeof role === 'string' && !roles.includes(role) ? nearest(role, roles) : null;
    if (meant === null || !isMapping(host)) return [];
    const result = hostSchema.safeParse({ ...host, role: meant }, { jitless: true });
    return result.success ? [] : result.error.issues.flatMap(issue => findingsOf(issue, ['hosts', name]));
  });
}

/** Removes wrong parts from the value, so that the rest can still be checked. */
export function prune(value: unknown, findings: readonly Finding[]): void {
  for (const { path } of findings) {
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>((above, step) => partOf(above, step), value);
    if (last !== undefined && isMapping(parent)) parent[last] = undefined;
  }
}

const partOf = (value: unknown, step: string | number): unknown => (isMapping(value) ? value[step] : undefined);

const isMapping = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

function findingsOf(issue: Issue, above: Path): Finding[] {
  const path = [...above, ...issue.path.filter(step => typeof step !== 'symbol')];
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, issue.message.split('\n'), path);
  if (issue.code === 'invalid_union') return unionFindings(issue, path);
  return [{ path, ...unsaid(issue.message) }];
}

/** Of several alternatives, the errors of the one that was meant; if that is unclear, what is allowed here. */
function unionFindings(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
  const meant = issue.errors.filter(issues => !issues.some(isOfAnotherType));
  const clean = meant.filter(issues => !issues.some(isUnknownKey));
  const [only] = meant.length === 1 ? meant : clean;
  if (only !== undefined && (meant.length === 1 || clean.length === 1)) {
    return only.flatMap(inner => findingsOf(inner, path));
  }
  const unknown = meant.map(issues => issues.filter(isUnknownKey));
  const keys = unknown.map(issues => issues.flatMap(inner => ('keys' in inner ? inner.keys : [])));
  const strange = keys[0]?.filter(key => keys.every(others => others.includes(key))) ?? [];
  if (strange.length === 0) return [{ path, ...unsaid(issue.message) }];
  return unknownKeys(
    strange,
    unknown.flatMap(issues => issues.flatMap(inner => inner.message.split('\n'))),
    path,
  );
}

function isOfAnotherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every(issues => issues.some(isOfAnotherType));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

const isUnknownKey = (issue: Issue): boolean => issue.code === 'unrecognized_keys' && issue.path.length === 0;

function unknownKeys(keys: readonly string[], known: readonly string[], path: Path): Finding[] {
  return keys.map(key => {
    const meant = nearest(key, known);
    const allowed = `known keys: ${known.join(', ')}`;
    const remedy = meant === null ? allowed : `did you mean ${quoted(meant)}? ${allowed}`;
    return { path: [...path, key], at: 'key', what: `unknown key ${quoted(key)}`, remedy };
  });
}
