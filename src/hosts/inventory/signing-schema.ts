/** What lets receivers tell the mail of a domain from others' mail: DKIM and DMARC. */
import * as z from 'zod/mini';
import { reportAddress, selector } from './settings.ts';
import { choice, mapping, switchOr, text } from './value-schemas.ts';

const dkimSettings = mapping(
  {
    selector: z.prefault(
      text(selector, {
        description: `The name of the key in DNS. If there are several relays, each has its own key, and the relay's name
          is appended to the selector: "s2027-namorar".`,
      }),
      'mailtun',
    ),
    algorithm: z.prefault(
      choice(['rsa', 'ed25519'], {
        description: `"rsa", with 2048 bits, or "ed25519", which not every receiver verifies, and which needs OpenBSD 7.3
          or later and a package that supports it. Another algorithm needs another "selector".`,
      }),
      'rsa',
    ),
  },
  { thing: 'settings for DKIM', description: 'On, with settings' },
);

/** The key `mail.dkim`. */
export const dkimSchema = switchOr(dkimSettings, {
  remedy: 'write true, false or a mapping, as in { selector: s2027 }',
  description: `Sign outbound mail on the relay (RFC 6376) for the domain of its sender: "true", "false" or a mapping with
    the keys below.

    The package opensmtpd-filter-dkimsign is installed on the relay with pkg_add(1); it is the only package that mailtun
    ever installs. The key is made on the relay, where only the user of the filter can read it. Mail that comes through
    the tunnel is signed. So is the relay's own mail, with "listen on socket" of smtpd.conf(5), which your own lines must
    not contain then. Mail is signed from the first "mailtun provision" after DNS has the record that "mailtun dns"
    prints. If DNS has no record or a different one for the key, mail is not signed; if DNS does not answer, signing
    stays as it is. A new "selector" makes a second key. The old key signs until DNS has the record of the new one for
    every domain. Its record is still needed, because mail that it signed may not have arrived yet, until
    "mailtun dns --drop" deletes the key.`,
});

/** How outbound mail is signed (RFC 6376); null: it is not. */
export function dkimFrom(written: z.output<typeof dkimSchema>) {
  if (written === false) return null;
  const settings = written === true ? z.parse(dkimSettings, {}) : written;
  return { selector: settings.selector.toLowerCase(), algorithm: settings.algorithm };
}

const dmarcPolicies = ['none', 'quarantine', 'reject'] as const;

/** The key `mail.dmarc`. */
export const dmarcSchema = mapping(
  {
    policy: choice(dmarcPolicies, {
      description: `What receivers should do with mail from a domain if neither SPF nor DKIM passes for it: "none",
        "quarantine" or "reject".`,
    }),
    subdomains: z.optional(
      choice(dmarcPolicies, {
        description: `The policy for mail from subdomains without a record of their own. Use "reject" if no subdomain sends
          mail. If not set, "policy" applies to them as well, and a subdomain policy in an existing DNS record is accepted
          as it is.`,
      }),
    ),
    alignment: z.optional(
      choice(['relaxed', 'strict'], {
        description: `Whether mail from a domain passes by SPF or DKIM of any of its subdomains ("relaxed") or only of the domain
          itself ("strict"), so that who controls a subdomain cannot send in the name of the domain. If not set, an existing
          DNS record is accepted as it is; receivers take "relaxed".`,
      }),
    ),
    reports: z.optional(
      text(reportAddress, {
        description: `A mail address to which receivers send their daily reports. If it is in another domain than the
          record, that domain has to permit this with a record of its own, which "mailtun dns" prints as well.`,
        examples: ['postmaster@example.com'],
      }),
    ),
  },
  {
    thing: 'settings for DMARC',
    description: `The DMARC record of each domain (RFC 7489) that "mailtun dns" prints and checks. If not set, DMARC is
      neither printed nor checked.`,
  },
);

/** What receivers are asked to do with mail that fails SPF and DKIM. */
export const dmarcFrom = ({ policy, subdomains, alignment, reports }: z.output<typeof dmarcSchema>) => ({
  policy,
  /** Null: as the record has it. */
  alignment: alignment ?? null,
  /** For subdomains that have no record of their own; null: the same. */
  subdomains: subdomains ?? null,
  /** A mail address; null: no reports are asked for. */
  reports: reports ?? null,
});
