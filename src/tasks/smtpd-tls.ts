/** The parts of smtpd.conf(5) for TLS between two hops, or for none. Pure. */
import type { Sends, Takes } from './hops.ts';

/** Never opportunistic: a relay that falls back to plain SMTP loses mail. */
export const scheme = (mode: Sends | undefined): string => (mode === 'plain' ? 'smtp+notls://' : 'smtp+tls://');

/** Without a dot it may be a word of the grammar, such as relay or smtp; in quotes it is a name in every release. */
export const plain = (name: string): string => (name.includes('.') ? name : `"${name}"`);

/** `ca` and `pki` of an action that speaks TLS. */
export const verifying = (mode: Sends | undefined, authority: string, name: string): string =>
  mode === 'plain' ? '' : `tls ${authority}pki ${plain(name)} `;

/** While some senders use TLS and others do not, it is offered, and nobody is verified. */
export const listening = (mode: Takes | undefined, name: string, authority: string): string =>
  mode === 'plain'
    ? ''
    : mode === 'either'
      ? `tls pki ${plain(name)} `
      : `tls-require verify pki ${plain(name)} ca ${authority} `;

/** `auth` of the relay's listener for the tunnel. */
export const authenticating = (mode: Takes | undefined): string =>
  mode === 'plain' ? '' : mode === 'either' ? ' auth-optional <secrets>' : ' auth <secrets>';
