import type { Word } from './formats.ts';

/** wg(4) interfaces; if_clone in OpenBSD's kernel refuses leading zeros. */
export const wgInterface: Word = {
  thing: 'a wg interface',
  remedy: 'write wg and a number, as in wg0',
  pattern: /^wg(?:0|[1-9][0-9]{0,3})$/,
};

/** A duration of smtpd.conf(5), at least a second and at most ten years. */
export const duration: Word = {
  thing: 'a duration',
  remedy: 'write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
  pattern: /^[1-9][0-9]{0,8}[smhd]$/,
  notice: text => (secondsOf(text) > 3650 * 86_400 ? {} : null),
};

/** A maildir below the recipient's home. */
export const maildir: Word = {
  thing: "a directory in the recipient's home directory",
  remedy: 'write a relative path of letters, digits, dots, hyphens, underscores and slashes, as in maildir/in',
  pattern: /^(?=.{1,200}$)(?!.*\.\.)(?!(?:.*\/)?\.(?:\/|$))[A-Za-z0-9._][A-Za-z0-9._-]*(?:\/[A-Za-z0-9._-]+)*\/?$/,
  notice: text =>
    text.startsWith('~/') ? { remedy: 'remove the ~/: the path is relative to the home directory' } : null,
};

/** A file on the machine that runs mailtun; it reaches no host and no shell. */
export const localPath: Word = {
  thing: 'the path of a file',
  remedy: 'write a path on this machine, absolute, relative to the directory of the inventory, or beginning with ~/',
  pattern: /^(?=.{1,900}$)[\p{L}\p{N}._/~][\p{L}\p{M}\p{N} ._/~@+,=:-]*$/u,
};

/** A variable of mailtun's own environment. */
export const environmentVariable: Word = {
  thing: 'the name of an environment variable',
  remedy: 'use letters, digits and underscores, as in MAILTUN_PASSWORD',
  isHidden: true,
  pattern: /^[A-Za-z_][A-Za-z0-9_]{0,200}$/,
};

/** One word of a command on the machine that runs mailtun; no shell sees it. */
export const commandWord: Word = {
  thing: 'a word of a command',
  remedy: 'write each word on its own, without control characters, as in [pass, show, mail]',
  pattern: /^[^\p{C}\p{Zl}\p{Zp}]{1,900}$/u,
};

/** A mail address for the certificate authority, with or without `mailto:`. */
export const contact: Word = {
  thing: 'a mail address',
  remedy: 'write it as hostmaster@example.com',
  pattern: /^(?:mailto:)?[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$/,
};

/** One label of a DNS name (RFC 6376, 3.1 allows several); with a relay's name appended it still has to be one. */
export const selector: Word = {
  thing: 'a selector',
  remedy: 'use letters, digits and hyphens, as in s2027',
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,28}[A-Za-z0-9])?$/,
};

/** A mail address in a DMARC record: nothing that ends a tag or a URI there (RFC 7489, 6.2). */
export const reportAddress: Word = {
  thing: 'a mail address',
  remedy: 'write it as postmaster@example.com',
  pattern: /^[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$/,
};

/** The directory of an ACME server; acme-client(1) speaks https only. */
export const directoryUrl: Word = {
  thing: 'the https URL of an ACME directory',
  remedy: 'write it as https://acme-v02.api.letsencrypt.org/directory',
  pattern:
    /^https:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?(?:\/[A-Za-z0-9._~/-]{0,500})?$/,
};

/** The name of a filter in smtpd.conf(5) and in the mail log; those of mailtun begin with mailtun. */
export const filterName: Word = {
  thing: 'a name for a filter',
  remedy: 'use letters, digits, hyphens and underscores, as in rspamd; names that begin with mailtun are reserved',
  pattern: /^(?!mailtun)[A-Za-z][A-Za-z0-9_-]{0,40}$/i,
};

/** smtpd hands it to sh(1) behind `exec`, so nothing in it is special there (fork_filter_process() in smtpd.c). */
export const filterCommand: Word = {
  thing: 'a command line',
  remedy: 'write a program and its arguments without quotes, as in filter-rspamd or /usr/local/bin/filter -v',
  pattern: /^(?=.{1,500}$)[A-Za-z0-9._/][A-Za-z0-9._/@+,=:%-]*(?: [A-Za-z0-9._/@+,=:%-]+)*$/,
};

/** A host of the inventory, or an address behind a gateway. */
export const tunnelEndName: Word = {
  thing: 'a host of this inventory, an address or a prefix',
  remedy: "write a host of this inventory or an address of a gateway's LAN, as in carinho or 2001:db8:6969::2",
  pattern: /^(?!\d+$)[A-Za-z0-9:][A-Za-z0-9._:/-]{0,62}$/,
};

/** Ports from one to another, as pf.conf(5) writes them. */
export const portRange: Word = {
  thing: 'a port or a range of ports',
  remedy: 'write a port from 1 to 65535, or the first and the last of a range, as in 8000:8100',
  pattern: /^[1-9][0-9]{0,4}:[1-9][0-9]{0,4}$/,
  notice: text => {
    const [first = 0, last = 0] = text.split(':').map(Number);
    return /^\d+:\d+$/.test(text) && (first > last || last > 65_535) ? {} : null;
  },
};

/** A user or a group of a host that a program runs as. */
export const hostUser: Word = {
  thing: 'a user or group',
  remedy: 'use lower case letters, digits, hyphens and underscores, as in _rspamd',
  pattern: /^[a-z_][a-z0-9_-]{0,30}$/,
};

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a duration of smtpd.conf(5); 0 for other text. */
function secondsOf(text: string): number {
  const [, count = '0', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return Number(count) * (unitSeconds[unit] ?? 0);
}
