/** The benchmarks, as ratios in one run. See scripts/bench. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { converged } from './converged.ts';
import { first } from './first.ts';
import { many } from './many.ts';
import { NOBODY, others } from './others.ts';
import { rotation } from './rotation.ts';
import { isMet, type Row, table } from './row.ts';
import { lab, labIsUp, openSite } from './site.ts';
import { startUp } from './start-up.ts';

const CHAPTERS = ['start-up', 'first', 'converged', 'rotation', 'many'] as const;

const USAGE = `usage: scripts/bench [--quick] [--json FILE] [--readme] [--only CHAPTER]...
       scripts/bench --from FILE [--readme]
  --quick  fewer turns
  --json   writes the rows to FILE as well
  --readme puts the tables into README.md, between its marks
  --from   measures nothing: the rows are those that --json has written to FILE
  --only   one of ${CHAPTERS.join(', ')}; may be given several times
`;

const values = wanted();
const rows: Row[] = [];
const notes: string[] = [];
const few = values.quick;

/** What the command line asks for; wrong usage ends with 64. */
function wanted() {
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    quick: flag,
    help: flag,
    readme: flag,
    json: { type: 'string' },
    from: { type: 'string' },
    only: { type: 'string', multiple: true },
  } as const;
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const unknown = values.only?.find(name => !CHAPTERS.some(chapter => chapter === name));
    if (unknown !== undefined) throw new Error(`there is no chapter "${unknown}"`);
    return values;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${USAGE}`);
    process.exit(64);
  }
}

function isWanted(name: (typeof CHAPTERS)[number]): boolean {
  return values.only?.includes(name) ?? true;
}

async function chapter(name: (typeof CHAPTERS)[number], work: () => Promise<readonly Row[]>): Promise<void> {
  if (!isWanted(name)) return;
  const started = Date.now();
  try {
    rows.push(...(await work()));
  } catch (error) {
    notes.push(`${name} could not be measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
  process.stderr.write(`bench: ${name} took ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

async function measure(): Promise<void> {
  await chapter('start-up', () => startUp(few ? 5 : 15));
  const wasUp = labIsUp();
  lab('up');
  try {
    const { contenders, versions, missing } = isWanted('first') || isWanted('converged') ? others() : NOBODY;
    notes.push(...missing, ...versions);
    for (const milliseconds of [0, 50]) {
      const site = await openSite(milliseconds);
      await chapter('first', () =>
        first(
          site,
          few ? 1 : 5,
          contenders.filter(({ rival }) => rival !== null),
        ),
      );
      await chapter('converged', () => converged(site, few ? 3 : 11, contenders));
      site.close();
    }
    await chapter('rotation', () => rotation(few ? 2 : 20));
    await chapter('many', () => many(few ? 1 : 5));
  } finally {
    if (!wasUp) lab('down');
  }
}

const report = values.from ? (JSON.parse(readFileSync(values.from, 'utf8')) as Report) : await measured();
const missed = report.rows.filter(row => isMet(row) === false).length;
const text = `${report.date}, ${report.machine}\n\n${table(report.rows)}\n\n${[
  ...report.notes,
  missed === 0
    ? 'every target is met'
    : `${missed} of ${report.rows.filter(row => isMet(row) !== null).length} targets are missed`,
]
  .map(note => `- ${note}\n`)
  .join('')}`;
process.stdout.write(text);
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.readme) intoReadme(text);
// A chapter that broke off may have left lines open.
process.exit();

interface Report {
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

async function measured(): Promise<Report> {
  const loadBefore = loadavg()[0]?.toFixed(1);
  await measure();
  const ssh = execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8' }).split(',')[0];
  const machine = `${cpus().length} cores of ${cpus()[0]?.model} for mailtun and all hosts, ${(totalmem() / 2 ** 30).toFixed(0)} GB, load ${loadBefore} before the run; Node ${process.version}, ${ssh}`;
  return { date: new Date().toISOString().slice(0, 10), machine, rows, notes };
}

/** @throws Error where README.md has not both marks. */
function intoReadme(text: string): void {
  const readme = readFileSync('README.md', 'utf8');
  const [begin, end] = ['<!-- scripts/bench --readme -->\n', '<!-- end -->\n'];
  const [from, until] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || until < from) throw new Error(`README.md lacks ${begin} or ${end}`);
  writeFileSync('README.md', `${readme.slice(0, from + begin.length)}\n${text}\n${readme.slice(until)}`);
}
