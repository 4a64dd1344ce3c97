import * as z from 'zod/mini';
import type { Filters } from '../filters.ts';
import { filterCommand, filterName, hostUser, localPath } from './settings.ts';
import { choice, either, list, mapping, text } from './value-schemas.ts';

const action = (about: { readonly description: string }) => z.optional(choice(['reject', 'junk', 'log'], about));

const blocklist = (what: string) =>
  z.optional(
    either(
      [
        text(localPath, { description: `A file on this machine with ${what}, one per line, to be refused` }),
        mapping(
          {
            file: text(localPath, { description: `A file on this machine with ${what}, one per line` }),
            action: action({ description: 'Refuse the mail, mark it as junk, or only log it' }),
          },
          { thing: 'a file', description: 'The same file, and the action' },
        ),
      ],
      {
        thing: 'the path of a file',
        remedy: 'write the path of a file, or { file: PATH, action: junk }',
        description: `Mail from ${what} in this file`,
      },
    ),
  );

/** Filter programs, in order. */
export const programsSchema = (description: string) =>
  list(
    mapping(
      {
        name: text(filterName, { description: 'Its name in smtpd.conf and in the mail log', examples: ['rspamd'] }),
        command: text(filterCommand, {
          description:
            'Its command line on the relay; a command that does not begin with a slash is in /usr/local/libexec/smtpd',
          examples: ['filter-rspamd'],
        }),
        user: z.optional(text(hostUser, { description: 'The user it runs as; _smtpd if not set' })),
        group: z.optional(text(hostUser, { description: 'The group it runs as' })),
      },
      { thing: 'a filter', description: 'A program that speaks smtpd-filters(7)' },
    ),
    {
      thing: 'a list of filters',
      remedy: 'write a list, as in [{ name: rspamd, command: filter-rspamd }]',
      most: 20,
      description,
    },
  );

/** The filters of a relay. */
export const filtersSchema = either(
  [
    programsSchema('Filter programs for mail from the internet'),
    mapping(
      {
        rdns: action({ description: 'Mail from addresses that have no PTR record' }),
        fcrdns: action({ description: 'Mail from addresses whose PTR record does not resolve back to them' }),
        block: blocklist('addresses and networks'),
        block_senders: blocklist('senders'),
        block_helo: blocklist('names in HELO or EHLO'),
        programs: z.optional(programsSchema('Filter programs for mail from the internet')),
      },
      { thing: 'filters', description: "smtpd's own filters, and programs" },
    ),
  ],
  {
    thing: 'filters',
    remedy: 'write a mapping, as in { rdns: reject, block: blocked-addresses.txt }, or a list of programs',
    description: 'What is done with junk mail from the internet',
  },
);

type Written = z.input<typeof filtersSchema>;
type WrittenProgram = Extract<Written, readonly unknown[]>[number];

const programFrom = ({ name, command, user, group }: WrittenProgram): Filters['programs'][number] => ({
  name: name.toLowerCase(),
  command,
  user: user ?? null,
  group: group ?? null,
});

/** What the filters of a relay mean; `inbound` and `outbound` as they were written. */
export function filtersFrom(
  inbound: Written = [],
  outbound: readonly WrittenProgram[] = [],
  locate: (path: string) => string,
): Filters {
  const written = Array.isArray(inbound) ? { programs: inbound } : inbound;
  const { rdns, fcrdns, block, block_senders, block_helo, programs = [] } = written;
  const listFrom = (kind: Filters['lists'][number]['kind'], one: typeof block): Filters['lists'] => {
    if (one === undefined) return [];
    const { file, action = 'reject' } = typeof one === 'string' ? { file: one } : one;
    return [{ kind, path: locate(file), action }];
  };
  return {
    rdns: rdns ?? null,
    fcrdns: fcrdns ?? null,
    lists: [
      ...listFrom('block', block),
      ...listFrom('block_senders', block_senders),
      ...listFrom('block_helo', block_helo),
    ],
    programs: programs.map(programFrom),
    outbound: outbound.map(programFrom),
  };
}
