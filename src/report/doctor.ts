/** What the doctor found, for programs and for people. */
import { diagnosis, type Judged } from '../checks/judge.ts';
import { hopName } from '../checks/path.ts';
import { labelled, PAGE_COLUMNS, type Paint } from './page.ts';
import { hopLines } from './status.ts';

/** `first` is null where mail flows; what lies behind it is `unknown`. */
export function doctorJson(judged: readonly Judged[]): object {
  const hops = diagnosis(judged);
  const first = hops.find(({ verdict }) => verdict.kind === 'broken');
  return {
    command: 'doctor',
    healthy: first === undefined,
    first:
      first?.verdict.kind === 'broken'
        ? {
            hop: hopName(first.hop),
            code: first.verdict.problem.code,
            what: first.verdict.problem.what,
            evidence: first.verdict.problem.evidence,
            remedy: first.verdict.problem.remedy,
          }
        : null,
    hops: hops.map(({ hop, verdict }) => ({
      name: hopName(hop),
      verdict: verdict.kind,
      evidence: verdict.kind === 'broken' ? verdict.problem.evidence : verdict.evidence,
    })),
  };
}

/** The way as it was followed, then the first broken thing; ends with a newline. */
export function doctorText(judged: readonly Judged[], paint: Paint, columns = PAGE_COLUMNS): string {
  const hops = diagnosis(judged);
  const first = hops.find(({ verdict }) => verdict.kind === 'broken');
  if (first?.verdict.kind !== 'broken')
    return `${[...hopLines(hops, paint, columns), '', ...conclusion(hops, paint, columns)].join('\n')}\n`;
  const { what, evidence, remedy } = first.verdict.problem;
  return `${[
    ...hopLines(hops, paint, columns),
    '',
    ...labelled('', `${what}.`, columns).map(line => paint('strong', line)),
    ...labelled('  evidence  ', evidence, columns),
    ...labelled('  fix       ', remedy, columns),
  ].join('\n')}\n`;
}

/** What leaves the relay is unknown as long as nothing has left; all else has to be known before mail is said to flow. */
const conclusion = (hops: readonly Judged[], paint: Paint, columns: number): readonly string[] =>
  hops.some(({ hop, verdict }) => verdict.kind === 'unknown' && hop.kind !== 'outside')
    ? labelled('', 'Nothing broken was found, but what is marked ?? could not be seen.', columns)
    : [paint('good', 'Mail flows.')];
