import * as z from 'zod/mini';
import { authUser } from './formats.ts';
import { commandWord, environmentVariable, localPath } from './settings.ts';
import { explained, list, mapping, text } from './value-schemas.ts';

const fromEnvironment = mapping(
  { env: text(environmentVariable, { description: 'An environment variable.' }) },
  { thing: 'a source', description: 'From the environment' },
);

const fromFile = mapping(
  { file: text(localPath, { description: 'The first line of a file.' }) },
  { thing: 'a source', description: 'From a file' },
);

const fromCommand = mapping(
  {
    command: list(text(commandWord, { description: 'A word' }), {
      description: 'The first line of the output of a command, which is a list of words: "[pass, show, mail]".',
      thing: 'a list of words',
      remedy: 'write the words of the command as a list, as in [pass, show, mail]',
      examples: [['pass', 'show', 'mail']],
    }),
  },
  { thing: 'a source', description: 'From a command' },
);

/** Says nothing of the value: it may be a password. */
const password = explained(
  z.union([fromEnvironment, fromFile, fromCommand], { error: issue => passwordSaid(issue.input) }),
  {
    description: `The source of the password: one of the keys below. The password itself must not be in the inventory. If
      not set, the password is made on the gateway, and only its hash ever leaves that machine.`,
  },
);

function passwordSaid(input: unknown): string {
  const remedy = 'write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it';
  if (typeof input === 'string' || typeof input === 'number')
    return `a password in plain text is not allowed here\n${remedy}`;
  return `this is not a source of a password\n${remedy}`;
}

/** The key `mail.credentials`. */
export const credentialsSchema = mapping(
  {
    user: z.prefault(
      text(authUser, {
        description: 'The user name. If there are several gateways, each appends its own name to it.',
      }),
      'mailuser',
    ),
    password: z.optional(password),
  },
  {
    thing: 'credentials',
    description: 'The credentials with which the gateway submits outbound mail to the relay.',
    // As "mailuser:secret", which is how smtpd has them, it may be a password.
    isHidden: true,
  },
);

/** Where the password is read from. */
export type PasswordSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly words: readonly string[] };

/** The credentials of a checked inventory; `locate` finds a file that it names. */
export function credentialsFrom(
  { user, password }: z.output<typeof credentialsSchema> = z.parse(credentialsSchema, {}),
  locate: (path: string) => string,
) {
  return {
    /** Name the gateway authenticates under at the relay. */
    user,
    /** Null: made on the gateway. */
    password: password === undefined ? null : passwordFrom(password, locate),
  };
}

function passwordFrom(written: z.output<typeof password>, locate: (path: string) => string): PasswordSource {
  if ('env' in written) return { kind: 'env', name: written.env };
  if ('file' in written) return { kind: 'file', path: locate(written.file) };
  return { kind: 'command', words: written.command };
}
