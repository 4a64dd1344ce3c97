/** Paths and names as ssh_config(5) has them: `~`, `${NAME}` and % tokens (TOKENS there). */
import type { Here } from './configuration.ts';

/** What the tokens of one host stand for. */
export interface TokenValues {
  /** As it was typed, or as the inventory has it. */
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | null;
}

/** Tokens that ProxyJump may have; those unknown here stay. */
export const expandHost = (written: string, { name, hostname, port, user }: TokenValues): string =>
  expand(written, { '%h': hostname, '%n': name, '%p': String(port), '%r': user });

/** Tokens, `~` and `~USER` as ssh expands them in paths; those unknown here stay. */
export function expandPath(written: string, values: TokenValues, machine: Here): string {
  const { name, hostname, port, user, hostKeyAlias } = values;
  const expanded = written
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~([^/]*)(?=\/|$)/, (whole, login) => (login === '' ? machine.home : (machine.homeOf(login) ?? whole)))
    .replace(/\$\{(\w+)\}/g, (whole, variable) => machine.env[variable] ?? whole);
  return expand(expanded, {
    '%d': machine.home,
    '%u': machine.user,
    '%i': String(machine.uid),
    '%l': machine.hostname,
    '%L': machine.hostname.replace(/\..*/, ''),
    '%h': hostname,
    '%n': name,
    '%k': hostKeyAlias ?? name,
    '%r': user,
    '%p': String(port),
  });
}

const expand = (written: string, tokens: Readonly<Record<string, string>>): string =>
  written.replace(/%[%a-zA-Z]/g, token => (token === '%%' ? '%' : (tokens[token] ?? token)));
