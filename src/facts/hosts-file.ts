/** The lines of hosts(5). */
import { remembered } from '../run/remembered.ts';

/** An address and its names. */
export interface HostsLine {
  readonly address: string;
  readonly names: readonly string[];
  /** The whole line, with its comment. */
  readonly text: string;
}

/** In order: the first line with a name counts. Empty lines and comments are left out. */
export const parseHostsFile = remembered((file): readonly HostsLine[] =>
  file.split('\n').flatMap(text => {
    const [address = '', ...names] = text.replace(/#.*/, '').trim().split(/\s+/);
    return names.length === 0 ? [] : [{ address, names, text }];
  }),
);

/** The address of a name; undefined where no line has it. */
export const addressOfName = (name: string, lines: readonly HostsLine[]): string | undefined =>
  lines.find(line => line.names.includes(name))?.address;
