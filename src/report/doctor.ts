/** The result of doctor, for programs and for people. */
import { diagnosis, type Judged } from '../checks/judge.ts';
import { hopName } from '../checks/path.ts';
import type { Problem } from '../checks/problem.ts';
import { evidenceLines, labelled, PAGE_COLUMNS, type Paint } from './page.ts';
import { hopLines } from './status.ts';

/** The hops of the mail path, and problems of hosts that do not stop mail now. */
export interface Findings {
  readonly judged: readonly Judged[];
  readonly aside: readonly Problem[];
}

/** The document of --json. `first` is null where nothing is wrong; hops after a broken one are `unknown`. */
export function doctorJson({ judged, aside }: Findings): object {
  const hops = diagnosis(judged);
  const first = firstOf({ judged, aside });
  return {
    command: 'doctor',
    healthy: first === null,
    first: first && {
      hop: first.hop,
      code: first.problem.code,
      what: first.problem.what,
      evidence: first.problem.evidence,
      remedy: first.problem.remedy,
    },
    hops: hops.map(({ hop, verdict }) => ({
      name: hopName(hop),
      verdict: verdict.kind,
      evidence: verdict.kind === 'broken' ? verdict.problem.evidence : verdict.evidence,
    })),
  };
}

/** The first broken hop, or else the first other problem. */
function firstOf({ judged, aside }: Findings): { readonly hop: string; readonly problem: Problem } | null {
  for (const { hop, verdict } of judged)
    if (verdict.kind === 'broken') return { hop: hopName(hop), problem: verdict.problem };
  const [problem] = aside;
  return problem ? { hop: problem.host, problem } : null;
}

/** The hops in their order, then the first fault; ends with a newline. */
export function doctorText({ judged, aside }: Findings, paint: Paint, columns = PAGE_COLUMNS): string {
  const hops = diagnosis(judged);
  const first = hops.find(({ verdict }) => verdict.kind === 'broken');
  const end =
    first?.verdict.kind === 'broken'
      ? problemLines(first.verdict.problem, paint, columns)
      : aside.length > 0
        ? [
            ...labelled('', 'Nothing stops mail now, but there are problems:', columns),
            ...aside.flatMap(one => ['', ...problemLines(one, paint, columns)]),
          ]
        : conclusion(hops, paint, columns);
  return `${[...hopLines(hops, paint, columns), '', ...end].join('\n')}\n`;
}

const problemLines = (problem: Problem, paint: Paint, columns: number): readonly string[] => [
  ...labelled('', `${problem.what}.`, columns).map(line => paint('strong', line)),
  ...evidenceLines(problem, columns),
];

/** Mail flows if all hops are known to work, except that to the internet, which is unknown until mail has been sent. */
const conclusion = (hops: readonly Judged[], paint: Paint, columns: number): readonly string[] =>
  hops.some(({ hop, verdict }) => verdict.kind === 'unknown' && hop.kind !== 'outside')
    ? labelled('', 'No fault was found, but what is marked ?? could not be checked.', columns)
    : [paint('good', 'Mail flows.')];
