/** What a rotation of keys costs those who use the tunnel: a ping from the gateway goes on through all of it. */
import { spawn } from 'node:child_process';
import { mailtun } from './converged.ts';
import { mustExit } from './measure.ts';
import { type Row, row } from './row.ts';
import { LAB, lab, openSite } from './site.ts';
import { ROTATION } from './targets.ts';

const INTERVAL_MILLISECONDS = 20;
/** Who pings whom through the tunnel. */
const ENDS = [
  { host: 'carinho', far: '2001:db8:c1da::2' },
  { host: 'namorar', far: '2001:db8:c1da::1' },
] as const;

export async function rotation(count: number): Promise<readonly Row[]> {
  const site = await openSite(0);
  await mustExit(mailtun(site, 'provision'));
  const times: number[] = [];
  const stalls: number[] = [];
  const lost = ENDS.map((): number[] => []);
  let sent = 0;
  for (let round = 0; round < count; round += 1) {
    const pings = await Promise.all(ENDS.map(startPing));
    times.push((await mustExit(mailtun(site, 'rotate-keys'))).milliseconds);
    const heard = await Promise.all(pings.map(ping => ping.stop()));
    for (const [index, one] of heard.entries()) {
      sent += one.sent;
      lost[index]?.push(one.lost);
    }
    stalls.push(Math.max(...heard.map(({ longestStall }) => longestStall)));
  }
  site.close();
  const few = times.filter((_, turn) => lost.every(way => (way[turn] ?? 0) <= ROTATION.lost)).length;
  const [out = [], inward = []] = lost;
  const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
  const enough = `of ${count} rotations with at most ${ROTATION.lost} lost each way`;
  return [
    row('rotation, pings both ways every 20 ms', 'mailtun rotate-keys', times, {
      counts: {
        [enough]: few,
        'pings sent': sent,
        'lost from the gateway': sum(out),
        'lost from the relay': sum(inward),
      },
      limits: { [enough]: { least: Math.ceil((count * ROTATION.ofTen) / 10) } },
    }),
    row('rotation, pings both ways every 20 ms', 'longest stall in the tunnel', stalls),
  ];
}

interface Heard {
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds: the longest time between two answers, less the interval, or the slowest answer. */
  readonly longestStall: number;
}

/** Resolves once the first answer is there. */
async function startPing({ host, far }: (typeof ENDS)[number]): Promise<{ stop: () => Promise<Heard> }> {
  const words = ['-6', '-n', '-D', '-i', String(INTERVAL_MILLISECONDS / 1000), '-w', '120', far];
  const ping = spawn('scripts/lab', ['exec', host, '--', '/.lab/usr/bin/ping', ...words], {
    env: { ...process.env, LAB },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const first = new Promise<void>(resolve =>
    ping.stdout.on('data', chunk => {
      text += chunk;
      if (text.includes('icmp_seq')) resolve();
    }),
  );
  const ended = new Promise<void>(resolve => ping.once('close', () => resolve()));
  await first;
  return {
    async stop() {
      lab('exec', host, '--', 'sh', '-c', `pkill -INT -f 'ping -6 -n -[D]' || true`);
      await ended;
      return heardIn(text);
    },
  };
}

function heardIn(text: string): Heard {
  const answers = [...text.matchAll(/^\[(\d+\.\d+)\].*icmp_seq=(\d+) .*time=([\d.]+) ms/gm)].map(match => ({
    at: Number(match[1]) * 1000,
    took: Number(match[3]),
  }));
  const gaps = answers.slice(1).map(({ at }, index) => at - (answers[index]?.at ?? at) - INTERVAL_MILLISECONDS);
  const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? [];
  return {
    sent: Number(sent),
    lost: Number(sent) - Number(received),
    longestStall: Math.max(0, ...gaps, ...answers.map(({ took }) => took)),
  };
}
