/** What a rotation of keys costs those who use the tunnel: a ping from the gateway goes on through all of it. */
import { spawn } from 'node:child_process';
import { mailtun } from './converged.ts';
import { mustExit } from './measure.ts';
import { type Row, row } from './row.ts';
import { LAB, lab, openSite } from './site.ts';

const INTERVAL_MILLISECONDS = 50;
const RELAY_IN_TUNNEL = '2001:db8:c1da::2';

export async function rotation(count: number): Promise<readonly Row[]> {
  const site = await openSite(0);
  await mustExit(mailtun(site, 'provision'));
  const times: number[] = [];
  const stalls: number[] = [];
  let [sent, lost] = [0, 0];
  for (let round = 0; round < count; round += 1) {
    const ping = await startPing();
    times.push((await mustExit(mailtun(site, 'rotate-keys'))).milliseconds);
    const heard = await ping.stop();
    sent += heard.sent;
    lost += heard.lost;
    stalls.push(heard.longestStall);
  }
  site.close();
  const counts = { 'packets sent': sent, lost };
  return [
    row('rotation', 'mailtun rotate-keys', times, { counts }),
    row('rotation', 'longest stall in the tunnel', stalls),
  ];
}

interface Heard {
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds: the longest time between two answers, less the interval, or the slowest answer. */
  readonly longestStall: number;
}

/** Resolves once the first answer is there. */
async function startPing(): Promise<{ stop: () => Promise<Heard> }> {
  const words = ['-6', '-n', '-D', '-i', String(INTERVAL_MILLISECONDS / 1000), '-w', '120', RELAY_IN_TUNNEL];
  const ping = spawn('scripts/lab', ['exec', 'carinho', '--', '/.lab/usr/bin/ping', ...words], {
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
      lab('exec', 'carinho', '--', 'sh', '-c', `pkill -INT -f 'ping -6 -n -[D]' || true`);
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
