/** Expands `~`, `${NAME}` and % tokens (TOKENS of ssh_config(5)) in paths and names. */
import type { Here } from './configuration.ts';

/** The values of the tokens for one host. */
interface TokenValues {
  /** As it was typed or as the inventory names it. */
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | null;
}

/** Expands the tokens that ProxyJump may contain; unknown ones are kept. */
export const expandHost = (written: string, { name, hostname, port, user }: TokenValues): string =>
  expand(written, { '%h': hostname, '%n': name, '%p': String(port), '%r': user });

/** Expands tokens, `~` and `~USER` in a path as ssh does; unknown ones are kept. */
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
