/** A new smtpd.conf that names certificates which are not there, and which no task of the run makes: another one was left out. */
import { certificatePath } from '../resources/certificate.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/**
 * The same file, which is refused before anything is changed; `smtpd -n` would refuse it after the run has begun.
 * @param names of self-signed certificates that it may use.
 */
export const refusingMissing = (conf: Resource, host: string, names: readonly string[]): Resource => ({
  ...conf,
  questions: [
    ...conf.questions,
    ...names.map(name => ({ kind: 'file', path: certificatePath(name), want: 'content' }) as const),
  ],
  judge(observed, world) {
    const judged = conf.judge(observed, world);
    const text = judged?.diff?.after ?? '';
    const missing = names.find(
      name =>
        text.includes(`"${certificatePath(name)}"`) &&
        !world.willChange(certificatePath(name)) &&
        observed.file(certificatePath(name)).type === 'missing',
    );
    if (missing === undefined) return judged;
    throw new Failure(
      'task-needed',
      `${conf.id} would name the certificate of ${missing}, which does not exist, and no task of this run makes it`,
      host,
      'run mailtun provision without --only, or with --only certificates as well',
    );
  },
});
