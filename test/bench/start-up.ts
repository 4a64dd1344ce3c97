/** How long mailtun takes to say anything at all, against node itself. */
import { mustExit, ratio, rounds } from './measure.ts';
import { type Row, row } from './row.ts';

export async function startUp(count: number): Promise<readonly Row[]> {
  const run =
    (...words: readonly string[]) =>
    async () =>
      (await mustExit({ words })).milliseconds;
  const times = await rounds(count, {
    node: run('node', '-e', '0'),
    version: run('node', 'dist/mailtun.js', '--version'),
    help: run('node', 'dist/mailtun.js', '--help'),
    schema: run('node', 'dist/mailtun.js', 'provision', '--help'),
  });
  const against = (what: string, own: readonly number[]) =>
    row('start-up', what, own, { ratio: ratio(own, times.node), than: 'node -e 0', target: { most: 3 } });
  return [
    row('start-up', 'node -e 0', times.node),
    against('mailtun --version', times.version),
    against('mailtun --help', times.help),
    against('mailtun provision --help', times.schema),
  ];
}
