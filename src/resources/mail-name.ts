import { MAIL_NAME, MAILNAME, type MailName } from '../facts/mail-name.ts';
import { Failure } from '../run/failure.ts';
import type { Observed, Resource } from '../run/resource.ts';

/** Why smtpd would not start: it has no name. Null where it has one, or the host did not say. */
export function nameless(host: string, observed: Observed): Failure | null {
  const said = observed.get(MAIL_NAME);
  return said?.name === '' ? invalidName(host, said) : null;
}

/**
 * The name that smtpd has for its host. Without one it exits when it starts (smtpd.c), which `smtpd -n` does not notice; one
 * that is no host name is refused by the next smtpd, in EHLO and as the sender of local mail (valid_domainpart() in util.c).
 */
export const mailName = (host: string): Resource => ({
  id: 'host name',
  questions: [MAIL_NAME],
  judge(observed) {
    const said = observed.get(MAIL_NAME);
    if (said === null || isValid(said.name)) return null;
    throw invalidName(host, said);
  },
});

const invalidName = (host: string, said: NonNullable<MailName>): Failure =>
  new Failure('host-name-invalid', whatOf(host, said), host, remedyOf(host, said));

const whatOf = (host: string, { name, from }: NonNullable<MailName>): string => {
  if (name !== '')
    return `the host name of ${host}, "${name}" (${from}), is not valid, and another smtpd refuses mail with it`;
  const why = from === MAILNAME ? `the first line of ${MAILNAME} is empty` : 'hostname(1) prints nothing';
  return `${host} has no host name (${why}), and without one smtpd exits when it starts`;
};

const remedyOf = (host: string, { from }: NonNullable<MailName>): string => {
  const write =
    from === MAILNAME
      ? `write its host name into the first line of ${MAILNAME}, or remove that file if hostname(1) prints it`
      : 'write its host name into /etc/myname, for the next boot, and run hostname with that name';
  return `on ${host}: ${write}; then rcctl restart smtpd`;
};

/** As valid_domainpart() and res_hnok(3). */
const isValid = (name: string): boolean =>
  /^\[(IPv6:)?[0-9a-f.:]+\]$/i.test(name) ||
  (name !== '' && !name.endsWith('.') && name.split('.').every(one => /^([a-z0-9]([\w-]*[a-z0-9])?)?$/i.test(one)));
