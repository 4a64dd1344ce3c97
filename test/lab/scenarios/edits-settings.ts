/** Edits of all else that smtpd, its queue and the tunnel are started with. */
import { changed, type Draft, type Edit, inRole } from './edits.ts';

/** The folder of maildirs that mail is delivered to, below a home. */
export const MAILDIRS = ['maildir/in', 'Mail/in'] as const;

/** Beside the inventory. */
export const FILES: Readonly<Record<string, string>> = {
  'password-1': 'the first one\n',
  'password-2': 'the second one\n',
  'blocked.txt': '192.0.2.222\n',
};

/** The next of several values; undefined leaves the key out. */
function next(now: unknown, states: readonly unknown[]): unknown {
  const at = states.findIndex(one => JSON.stringify(one) === JSON.stringify(now));
  return states[(at + 1) % states.length];
}

const ofMail =
  (key: string, ...states: readonly unknown[]): Edit =>
  draft => ({ ...draft, mail: { ...draft.mail, [key]: next(draft.mail[key], states) } });

const ofRelay =
  (key: string, ...states: readonly unknown[]): Edit =>
  draft => {
    const relay = inRole(draft, 'relay');
    return changed(draft, relay, { [key]: next(draft.hosts[relay]?.[key], states) });
  };

function password(draft: Draft): Draft {
  const states = [undefined, { file: 'password-1' }, { file: 'password-2' }];
  const credentials = { ...draft.mail.credentials, password: next(draft.mail.credentials.password, states) };
  return { ...draft, mail: { ...draft.mail, credentials } };
}

const ownLines: Edit = (draft, draw) => {
  const names = Object.keys(draft.hosts);
  const name = names[draw(names.length)] ?? '';
  return changed(draft, name, { own_lines: !draft.hosts[name]?.own_lines });
};

export const SETTINGS: Readonly<Record<string, Edit>> = {
  'mail.queue_ttl': ofMail('queue_ttl', '20d', '2d'),
  'mail.bounces': ofMail('bounces', 'drop', 'send', { mode: 'send', warn_intervals: ['4h', '1d'] }),
  'mail.maildir': ofMail('maildir', ...MAILDIRS),
  'mail.dkim': ofMail('dkim', false, true),
  password,
  own_lines: ownLines,
  filters: ofRelay('filters', undefined, { rdns: 'log', block: 'blocked.txt' }, { fcrdns: 'junk' }),
  keepalive: draft => ({ ...draft, tunnel: { ...draft.tunnel, keepalive: next(draft.tunnel.keepalive, [15, 25]) } }),
  packet_filter: draft => ({ ...draft, packet_filter: next(draft.packet_filter, [true, false]) }),
};
