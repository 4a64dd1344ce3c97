/** The benchmarks of design chapter 8, as ratios in one run. See scripts/bench. */
import { writeFileSync } from 'node:fs';
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

const USAGE = `usage: scripts/bench [--quick] [--json FILE] [--only CHAPTER]...
  --quick  fewer turns
  --json   writes the rows to FILE as well
  --only   one of ${CHAPTERS.join(', ')}; may be given several times
`;

const values = wanted();
const rows: Row[] = [];
const notes: string[] = [];
const few = values.quick;
const loadBefore = loadavg()[0]?.toFixed(1);

/** What the command line asks for; wrong usage ends with 64. */
function wanted() {
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    quick: flag,
    help: flag,
    json: { type: 'string' },
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

await chapter('start-up', () => startUp(few ? 5 : 15));
const wasUp = labIsUp();
lab('up');
try {
  const { contenders, missing } = isWanted('first') || isWanted('converged') ? others() : NOBODY;
  notes.push(...missing);
  for (const milliseconds of [0, 50]) {
    const site = await openSite(milliseconds);
    await chapter('first', () =>
      first(
        site,
        few ? 1 : 2,
        contenders.filter(({ least }) => least !== null),
      ),
    );
    await chapter('converged', () => converged(site, few ? 3 : 9, contenders));
    site.close();
  }
  await chapter('rotation', () => rotation(few ? 1 : 3));
  await chapter('many', () => many(few ? 1 : 3));
} finally {
  if (!wasUp) lab('down');
}

const machine = `node ${process.version}, ${cpus().length} cores of ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, load ${loadBefore} before the run`;
const date = new Date().toISOString().slice(0, 10);
const missed = rows.filter(row => isMet(row) === false).length;
process.stdout.write(`${date}, ${machine}\n\n${table(rows)}\n\n`);
for (const note of notes) process.stdout.write(`- ${note}\n`);
process.stdout.write(missed === 0 ? 'every target is met\n' : `${missed} targets are missed\n`);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ date, machine, rows, notes }, null, 2)}\n`);
// A chapter that broke off may have left lines open.
process.exit();
