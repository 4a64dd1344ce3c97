import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deed, FAULTS } from './doctor-faults.ts';
import { mailtun } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const name = 'doctor';
const lab = labCalled(name);

interface Status {
  readonly healthy: boolean;
  readonly hosts: readonly {
    readonly name: string;
    readonly problems: readonly { what: string; evidence: string; remedy: string }[];
    readonly drift: readonly unknown[];
  }[];
}
interface Doctor {
  readonly healthy: boolean;
  readonly first: { hop: string; what: string; evidence: string; remedy: string } | null;
  readonly hops: readonly { name: string; verdict: string }[];
}

const asked = async <D>(word: string): Promise<{ exit: number; document: D }> => {
  const { exit, stdout } = await mailtun(name, word, 'inventory.yaml', '--json');
  return { exit, document: JSON.parse(stdout) };
};

/** The deeds of different hosts at the same time, those of one host in their order. */
const done = async (deeds: readonly Deed[]): Promise<void> => {
  for (const [host, script] of deeds)
    if (host === 'line')
      await execa('nsenter', [`--net=/run/netns/${name}-line`, 'nft', '-f', '-'], {
        input: `${script.replaceAll('; add', '\nadd')}\n`,
      });
    else await lab.must(host, script);
};

const isHealthy = async (): Promise<void> => {
  const { exit, document } = await asked<Status>('status');
  expect(document.hosts.flatMap(host => [...host.problems, ...host.drift])).toEqual([]);
  expect(document.healthy).toBe(true);
  expect(exit).toBe(0);
};

/** Doctor and status say this and nothing else; resolves to the remedy. */
const names = async (what: string, host: string, evidence = /./, exit = 2): Promise<string> => {
  const [doctor, status] = await Promise.all([asked<Doctor>('doctor'), asked<Status>('status')]);
  expect(doctor.document.first?.what).toBe(what);
  expect(doctor.document.first?.evidence).toMatch(evidence);
  expect(doctor.document.first?.remedy).not.toBe('');
  expect(doctor.document.hops.filter(hop => hop.verdict === 'broken')).toHaveLength(1);
  expect([doctor.exit, status.exit]).toEqual([exit, exit]);
  const told = status.document.hosts.find(one => one.name === host);
  expect(told?.problems.map(problem => problem.what)).toContain(what);
  return doctor.document.first?.remedy ?? '';
};

beforeAll(async () => {
  await lab.up();
  const { exit, stdout } = await mailtun(name, 'provision', 'inventory.yaml');
  if (exit !== 0) throw new Error(stdout);
  await isHealthy();
});
afterAll(() => lab.down());

describe('the doctor names what is broken, and nothing else', () => {
  it.each(FAULTS.map(fault => [fault.about, fault] as const))('%s', async (_, fault) => {
    await done(fault.make);
    try {
      await names(fault.what, fault.host, fault.evidence, fault.exit);
    } finally {
      await done(fault.mend);
    }
    await isHealthy();
  });

  it('smtpd is stopped on the gateway; when it is back, mail is stuck behind a disabled route, and the remedy frees it', async () => {
    await lab.must('carinho', 'rcctl stop smtpd');
    await lab.must('namorar', 'print x | sendmail -f x@y.example test@example.com');
    const sent = Date.now();
    await names('smtpd is not running on carinho', 'carinho');

    await new Promise(resolve => setTimeout(resolve, sent + 32_000 - Date.now()));
    const disabled = 'until smtpctl show routes | grep -q "vpn0.*) .D--"; do smtpctl schedule all; sleep 1; done';
    await lab.must('namorar', disabled);
    await lab.must('carinho', 'rcctl start smtpd');
    const remedy = await names('mail is stuck on namorar behind a disabled route to carinho', 'namorar');
    await lab.must(
      'namorar',
      `${remedy.replace('on namorar: ', '')}; until [ -z "$(smtpctl show queue)" ]; do sleep 0.2; done`,
    );
    await isHealthy();
  });
});
