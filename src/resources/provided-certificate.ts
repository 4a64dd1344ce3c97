import { command } from '../run/command.ts';
import { lost } from '../run/lost.ts';
import { change, type FileState, type Resource, reason, type Step, type World } from '../run/resource.ts';
import { ofRoot, refuseOddities, sha256, stageText } from './file.ts';
import { isVouchedLost, type VouchedCertificate, vouchedPublication, vouchedQuestions } from './vouched-certificate.ts';

/** The user's files, PEM, from the machine that runs mailtun. */
export interface ProvidedPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and a key that the inventory names; the key on the host is compared by its checksum only. */
export function providedCertificate(desired: VouchedCertificate, provided: (world: World) => ProvidedPair): Resource {
  return {
    id: desired.cert,
    questions: [...vouchedQuestions(desired), { kind: 'file', path: desired.key, want: 'hash' }],
    judge(observed, world) {
      const pair = provided(world);
      const key = observed.file(desired.key);
      const cert = observed.file(desired.cert);
      const certSum = cert.content && sha256(cert.content);
      const moves = [
        move('key', { ...key, sum: key.sha256 }, pair.key, '0600'),
        move('certificate', { ...cert, sum: certSum }, pair.cert, '0644'),
      ];
      const due = moves.filter(one => one !== null);
      if (due.length === 0) return null;
      return change(
        desired.cert,
        isVouchedLost(desired, observed)
          ? lost('written again')
          : reason('certificate-differs', due.map(one => one.why).join('; ')),
        due.map(one => one.step),
      );
    },
    publish: observed => vouchedPublication(desired, observed),
    wants: world => [{ path: desired.cert, content: provided(world).cert, ...ofRoot('0644') }],
  };
}

function move(
  what: string,
  now: FileState & { readonly sum: string | null },
  content: string,
  mode: string,
): { readonly why: string; readonly step: Step } | null {
  refuseOddities(now);
  const why = [
    now.type === 'missing' ? `${what} is missing` : [],
    now.type !== 'missing' && now.sum !== sha256(content) ? `${what} differs` : [],
    now.type !== 'missing' && (now.mode !== mode || now.owner !== 'root')
      ? `${what} has mode ${now.mode} and owner ${now.owner}`
      : [],
  ].flat();
  if (why.length === 0) return null;
  const stage = stageText(now.path, { mode, owner: 'root', group: 'wheel' }, content);
  const put = command('put "$@"', now.path, now.sum ?? 'missing');
  return { why: why.join(', '), step: { label: `writes ${now.path}`, stage, command: put } };
}
