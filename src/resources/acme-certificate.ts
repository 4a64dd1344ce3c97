import { type AcmeAttempt, acmeAttempt } from '../facts/acme-attempt.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { lost } from '../run/lost.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { change, type Resource, reason } from '../run/resource.ts';
import {
  isVouchedLost,
  type VouchedCertificate,
  vouchedFault,
  vouchedPublication,
  vouchedQuestions,
} from './vouched-certificate.ts';

// A refusal by the CA must not stop the rest of the run: the step succeeds, and its result is judged afterwards.
// acme-client exits 0 where it changed something, 2 where nothing was due, 1 on errors (acme-client(1)); a certificate that
// is there but does not fit has to be forced.
const FETCH = `
name=$1 cert=$2 record=$3 key=$4 force=
umask 077
! is_lost "$key" || rm -f "$key" || exit 1
mkdir -p "\${record%/*}" || exit 1
[ ! -s "$cert" ] || force=-F
said=$(timeout 45 acme-client -v $force "$name" 2>&1 </dev/null); status=$?
{ print -r -- "$MAILTUN_RUN $status"; print -r -- "$said" | tail -n 3; } >"$record"
exit 0
`;

/**
 * A certificate from an ACME server by acme-client(1), whose configuration has a domain of the certificate's name. A run
 * tries once; if that fails, the run ends with a Failure that gives the reason, after everything else is done.
 */
export function acmeCertificate(host: string, desired: VouchedCertificate): Resource {
  const record = `${STATE_DIRECTORY}/acme.${desired.name}`;
  const attempt = acmeAttempt(desired.name, record);
  return {
    id: desired.cert,
    questions: [...vouchedQuestions(desired), attempt],
    judge(observed, world) {
      const why = vouchedFault(desired, observed, world.now);
      if (why === null) return null;
      const tried = observed.get(attempt);
      if (tried) throw refused(host, desired.name, tried);
      const fetch = {
        label: `requests a certificate for ${desired.name}`,
        command: command(FETCH, desired.name, desired.cert, record, desired.key),
      };
      return change(desired.cert, isVouchedLost(desired, observed) ? lost() : reason('certificate-unusable', why), [
        fetch,
      ]);
    },
    publish: observed => vouchedPublication(desired, observed),
  };
}

function refused(host: string, name: string, { exit, said }: AcmeAttempt): Failure {
  const last = said.findLast(line => line !== '')?.slice(0, 200) ?? `acme-client: exit ${exit}`;
  return new Failure(
    'certificate-not-issued',
    exit === 124
      ? `the certificate authority did not answer for ${name} in time; the self-signed certificate stays in use`
      : `the certificate authority issued no certificate for ${name}; the self-signed one stays in use: ${last}`,
    host,
    `check that ${name} resolves to ${host} in DNS and that TCP port 80 is open there, then run again, or try by hand: acme-client -v ${name}`,
  );
}
