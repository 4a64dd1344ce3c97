/** The part of smtpd.conf(5) that only queued mail needs: actions under the names that it was queued under. Pure. */

/** The line above them. */
export const CARRIED = '# Only for mail queued under these names; removed by a later change, when no mail needs them:';

// Mail that was queued for relaying cannot be delivered locally, so smtpd relays it to itself.
const LISTENER = 'listen on 127.0.0.1 port 25 mask-src no-dsn';

/** An action for mail that was to go on to another host and is now delivered here. */
export const toItself = (name: string): string => `action "${name}" relay host smtp+notls://127.0.0.1`;

/** A file without the section of carried actions. */
export function withoutCarried(text: string): string {
  const lines = text.split('\n');
  const at = lines.indexOf(CARRIED);
  if (at < 0) return text;
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('action ') && line !== LISTENER);
  return lines.toSpliced(at, (end < 0 ? lines.length : end) - at).join('\n');
}

/** A file with these actions after its own. */
export function withSection(text: string, actions: readonly string[]): string {
  if (actions.length === 0) return text;
  const lines = text.split('\n');
  const listeners = actions.some(action => action.endsWith('host smtp+notls://127.0.0.1')) ? [LISTENER] : [];
  const last = lines.findLastIndex(line => line.startsWith('action '));
  return lines.toSpliced(last + 1, 0, CARRIED, ...listeners, ...actions).join('\n');
}

/** A file in which the action of that name, and whatever leads to it, has another one. */
export const withOtherName = (text: string, name: string, other: string): string =>
  text.replaceAll(`action "${name}"`, `action "${other}"`);

// No name of a host has a plus.
const OTHER = /action "([^"+]+)\+\d+"/g;

/** A file with the plain names of its actions. */
export const withoutOtherNames = (text: string): string => text.replaceAll(OTHER, 'action "$1"');

/** The plain names of actions that have another one. */
export const otherNamesIn = (text: string): readonly string[] => [...text.matchAll(OTHER)].map(([, name = '']) => name);
