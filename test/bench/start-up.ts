/** How long mailtun takes to say anything at all, against node itself. */
import { mustExit, ratio, rounds } from './measure.ts';
import { type Row, row } from './row.ts';
import { START_UP } from './targets.ts';

export async function startUp(count: number): Promise<readonly Row[]> {
  const run =
    (...words: readonly string[]) =>
    async () =>
      (await mustExit({ words })).milliseconds;
  const times = await rounds(count, {
    node: run('node', '-e', '0'),
    version: run('node', 'dist/mailtun.js', '--version'),
    help: run('node', 'dist/mailtun.js', '--help'),
    provision: run('node', 'dist/mailtun.js', 'provision', '--help'),
  });
  const against = (what: string, own: readonly number[], target: Row['target'] = null) =>
    row('start-up', what, own, { ratio: ratio(own, times.node), than: 'node -e 0', target });
  return [
    row('start-up', 'node -e 0', times.node),
    against('mailtun --version', times.version, { most: START_UP }),
    against('mailtun --help', times.help),
    against('mailtun provision --help', times.provision),
  ];
}
