import { mailDomain } from './formats.ts';
import { either, list, text } from './value-schemas.ts';

/** One mail domain, or a list of them. */
export const domainsSchema = (about: { readonly description: string; readonly examples?: string[] }) =>
  either(
    [
      text(mailDomain, { description: 'A mail domain' }),
      list(text(mailDomain, { description: 'A mail domain' }), {
        description: 'Several',
        thing: 'a list of mail domains',
        remedy: mailDomain.remedy,
      }),
    ],
    { thing: mailDomain.thing, remedy: mailDomain.remedy, ...about },
  );
