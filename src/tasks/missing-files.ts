/** A new smtpd.conf that names files which are not there, and which no task of the run makes: another one was left out. */
import { certificatePath } from '../resources/certificate.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { ALIASES, RECIPIENTS } from './aliases.ts';
import { SECRETS } from './credentials.ts';
import { LAN_CA, VPN_CA } from './trust.ts';

/** A file that smtpd.conf may name, and the task that makes it. */
interface Made {
  readonly path: string;
  readonly what: string;
  readonly task: string;
}

const BESIDE: readonly Made[] = [
  { path: VPN_CA, what: VPN_CA, task: 'trust' },
  { path: LAN_CA, what: LAN_CA, task: 'trust' },
  { path: SECRETS, what: SECRETS, task: 'credentials' },
  { path: ALIASES, what: ALIASES, task: 'aliases' },
  { path: RECIPIENTS, what: RECIPIENTS, task: 'aliases' },
];

/**
 * The same file, which is refused before anything is changed; `smtpd -n` would refuse it after the run has begun.
 * @param names of self-signed certificates that it may use. @param reads all files that smtpd reads.
 */
export function refusingMissing(
  conf: Resource,
  host: string,
  { names, reads }: { readonly names: readonly string[]; readonly reads: readonly string[] },
): Resource {
  const certificates = names.map(name => ({
    path: certificatePath(name),
    what: `the certificate of ${name}`,
    task: 'certificates',
  }));
  const files = [...certificates, ...BESIDE.filter(({ path }) => reads.includes(path))];
  return {
    ...conf,
    questions: [...conf.questions, ...files.map(({ path }) => ({ kind: 'file', path, want: 'stat' }) as const)],
    judge(observed, world) {
      const judged = conf.judge(observed, world);
      const named = new Set(judged?.diff?.after.split(/[\s":]+/));
      const missing = files.find(
        ({ path }) => named.has(path) && !world.willChange(path) && observed.file(path).type === 'missing',
      );
      if (missing === undefined) return judged;
      throw new Failure(
        'task-needed',
        `${conf.id} would name ${missing.what}, which does not exist, and no task of this run makes it`,
        host,
        `run mailtun provision without --only, or with --only ${missing.task} as well`,
      );
    },
  };
}
