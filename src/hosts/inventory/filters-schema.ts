import * as z from 'zod/mini';
import { filterCommand, filterName, hostUser, localPath } from './settings.ts';
import { choice, either, list, mapping, text } from './value-schemas.ts';

const actions = ['reject', 'junk', 'log'] as const;

/** `log` accepts the mail and writes to the mail log. */
export type FilterAction = (typeof actions)[number];

const listFile = mapping(
  {
    file: text(localPath, { description: 'The same file.' }),
    action: z.prefault(choice(actions, { description: 'The action.' }), 'reject'),
  },
  { thing: 'a file', description: 'The same file, and the action' },
);

/** A list of what is refused. */
const blocklist = (description: string) =>
  z.optional(
    either([text(localPath, { description: 'A file' }), listFile], {
      thing: localPath.thing,
      remedy: 'write the path of a file, or { file: PATH, action: junk }',
      description,
    }),
  );

const program = mapping(
  {
    name: text(filterName, { description: 'Its name in smtpd.conf(5) and in the mail log.', examples: ['rspamd'] }),
    command: text(filterCommand, {
      description: 'Its command line; a command that does not begin with a slash is in "/usr/local/libexec/smtpd".',
      examples: ['filter-rspamd'],
    }),
    user: z.optional(text(hostUser, { description: 'The user it runs as; "_smtpd" if not set.' })),
    group: z.optional(text(hostUser, { description: 'The group it runs as; that of the user if not set.' })),
  },
  { thing: 'a filter', description: 'A program that speaks smtpd-filters(7)' },
);

/** Filter programs, in order. */
export const programsSchema = (description: string) =>
  list(program, {
    thing: 'a list of filters',
    remedy: 'write a list, as in [{ name: rspamd, command: filter-rspamd }]',
    most: 20,
    description,
  });

/** The key `filters` of a relay. */
export const filtersSchema = either(
  [
    programsSchema('A list of programs'),
    mapping(
      {
        rdns: z.optional(
          choice(actions, {
            description: `The action for clients whose address has no PTR record. "reject" is temporary (450), because DNS
              may have failed.`,
          }),
        ),
        fcrdns: z.optional(
          choice(actions, {
            description: `The action for clients whose PTR record does not resolve back to their address. "reject" is
              temporary as well.`,
          }),
        ),
        block: blocklist(
          `A file with addresses and networks, one per line, as in "192.0.2.1", "198.51.100.0/24" or "2001:db8::/32"; IPv6
            needs OpenBSD 7.6. Text after a # is a comment. Or a mapping:`,
        ),
        block_senders: blocklist(
          'Likewise for senders: "spammer@example.net" or "@example.net". There are no wildcards.',
        ),
        block_helo: blocklist('Likewise for names in HELO or EHLO; * matches anything: "*.dyn.example.net".'),
        block_rdns: blocklist(
          `Likewise for names in PTR records, whether they resolve back to the address or not: "*.dyn.example.net". A client
            without a PTR record has no name; see "rdns".`,
        ),
        programs: z.optional(
          programsSchema(
            `A list of filter programs that speak smtpd-filters(7), in the order in which they are asked. They have to be
              installed on the relay already. smtpd(8) exits if a filter exits, and answers nobody until all of them are
              ready. In both cases "mailtun provision" and "mailtun doctor" name the filter.`,
          ),
        ),
      },
      { thing: 'filters', description: "smtpd's own filters, and programs" },
    ),
  ],
  {
    thing: 'filters',
    remedy: 'write a mapping, as in { rdns: reject, block: blocked-addresses.txt }, or a list of programs',
    description: `Of a relay: what is done with junk mail from the internet. A mapping, or a list of programs as in
      "programs". Each of the built-in filters of smtpd(8) can "reject", "junk", which adds the header "X-Spam: Yes" for
      the mail client, or "log", which accepts the mail and writes to "/var/log/maillog" that it would have been refused.

      All built-in filters decide after MAIL FROM, so that the sender is in the mail log and no message body has been
      sent. They do not apply to the relay's own addresses. "mailtun status" counts what is refused;
      "mailtun doctor --why ADDRESS" shows what was refused from a sender, a domain or a client. Because smtpd(8) has no
      action like "log", a small filter written by mailtun, "/etc/mail/mailtun-filter-log", writes the line.`,
  },
);

type Written = z.output<typeof filtersSchema>;
type WrittenProgram = z.output<typeof program>;

/** A program that implements smtpd-filters(7). */
export type FilterProgram = Readonly<ReturnType<typeof programFrom>>;

const programFrom = ({ name, command, user, group }: WrittenProgram) => ({
  /** In lower case. */
  name: name.toLowerCase(),
  command,
  /** Null: _smtpd. */
  user: user ?? null,
  /** Null: the user's. */
  group: group ?? null,
});

const LISTS = ['block', 'block_senders', 'block_helo', 'block_rdns'] as const;

/** What a relay does about junk. */
export type Filters = Readonly<ReturnType<typeof filtersFrom>>;

/** The filters of a checked inventory; `inbound` and `outbound` as they were written. */
export function filtersFrom(
  inbound: Written = [],
  outbound: readonly WrittenProgram[] = [],
  locate: (path: string) => string,
) {
  const written = Array.isArray(inbound) ? { programs: inbound } : inbound;
  return {
    /** Null: not checked. */
    rdns: written.rdns ?? null,
    fcrdns: written.fcrdns ?? null,
    /** Files on the machine that runs mailtun. */
    lists: LISTS.flatMap(kind => {
      const one = written[kind];
      if (one === undefined) return [];
      const { file, action } = typeof one === 'string' ? z.parse(listFile, { file: one }) : one;
      return [{ kind, path: locate(file), action }];
    }),
    /** For mail from the internet. */
    programs: (written.programs ?? []).map(programFrom),
    /** For mail that leaves. */
    outbound: outbound.map(programFrom),
  };
}
