/** A provisioned lab in which things are broken and repaired, and what mailtun reports. */
import { execa } from 'execa';
import { expect } from 'vitest';
import { mailtun, provisioned } from '../driver/mailtun.ts';
import { type Lab, labCalled } from '../driver/on-host.ts';
import { typed } from '../driver/typing.ts';
import type { Deed, Fault } from './doctor-faults.ts';

interface Status {
  readonly healthy: boolean;
  readonly hosts: readonly {
    readonly name: string;
    readonly problems: readonly { what: string; evidence: string; remedy: string }[];
    readonly drift: readonly unknown[];
  }[];
}

interface Doctor {
  readonly first: { hop: string; what: string; evidence: string; remedy: string } | null;
  readonly hops: readonly { name: string; verdict: string }[];
}

export interface DoctorLab extends Lab {
  /** Up and provisioned. */
  ready(): Promise<void>;
  /** Status reports no problem, and exits 0. */
  isHealthy(): Promise<void>;
  /** Doctor says this and nothing else, and status has it among its problems; resolves to the remedy. */
  names(what: string, host: string, evidence?: RegExp, exit?: number): Promise<string>;
  /** Provision finds nothing to do. */
  isQuiet(): Promise<void>;
  /** A fault is made and named, its remedy is typed, the run after it is quiet, and all is well. */
  lives(fault: Fault): Promise<void>;
}

export function doctorLab(name: string): DoctorLab {
  const lab = labCalled(name);
  const asked = async <D>(word: string): Promise<{ exit: number; document: D }> => {
    const { exit, stdout, stderr } = await mailtun(name, word, 'inventory.yaml', '--json');
    if (stdout === '') throw new Error(`mailtun ${word} printed nothing: ${stderr}`);
    return { exit, document: JSON.parse(stdout) };
  };
  const isHealthy = async (): Promise<void> => {
    const { exit, document } = await asked<Status>('status');
    expect(document.hosts.flatMap(host => [...host.problems, ...host.drift])).toEqual([]);
    expect(document.healthy).toBe(true);
    expect(exit).toBe(0);
  };
  const isQuiet = async (): Promise<void> => {
    const { exit, document } = await provisioned(name);
    const changes = document.hosts.flatMap(({ name: host, changes }) =>
      changes.map(({ task, resource, why }) => `${host}: ${task}: ${resource}: ${why}`),
    );
    expect({ exit, changes, errors: document.hosts.map(({ error }) => error?.what ?? null) }).toEqual({
      exit: 0,
      changes: [],
      errors: [null, null, null],
    });
  };
  const names: DoctorLab['names'] = async (what, host, evidence = /./, exit = 2) => {
    const [doctor, status] = await Promise.all([asked<Doctor>('doctor'), asked<Status>('status')]);
    expect(doctor.document.first?.what).toBe(what);
    expect(doctor.document.first?.evidence).toMatch(evidence);
    expect(doctor.document.first?.remedy).not.toBe('');
    // What stands aside of the way is no hop of it.
    expect(doctor.document.hops.filter(hop => hop.verdict === 'broken').length).toBeLessThanOrEqual(1);
    expect([doctor.exit, status.exit]).toEqual([exit, exit]);
    const reported = status.document.hosts.flatMap(one => one.problems.map(problem => [one.name, problem.what]));
    expect(reported).toEqual(expect.arrayContaining([[host, what]]));
    return doctor.document.first?.remedy ?? '';
  };
  const done = async (deeds: readonly Deed[]): Promise<void> => {
    for (const [host, script] of deeds) await (host === 'line' ? onLine(name, script) : lab.must(host, script));
  };
  return {
    ...lab,
    isHealthy,
    isQuiet,
    names,
    async ready() {
      await lab.up();
      const { exit, stdout, stderr } = await mailtun(name, 'provision', 'inventory.yaml');
      if (exit !== 0) throw new Error(stdout + stderr);
      await isHealthy();
    },
    async lives({ make, what, host, evidence, exit, repair = [], remedy }) {
      await done(make);
      const ends = async (): Promise<void> => {
        const said = await names(what, host, evidence, exit);
        if (remedy === undefined) await typed(lab, name, said);
        else expect(said).toMatch(remedy);
        await done(repair);
        await isQuiet();
        // What a fault has lost stays lost: somebody has to say that it is known.
        await mailtun(name, 'status', 'inventory.yaml', '--acknowledge');
        await isHealthy();
      };
      await ends().catch(async error => {
        // The next fault is to find all well.
        await done(repair).catch(() => {});
        await mailtun(name, 'provision', 'inventory.yaml', '--take-over');
        throw error;
      });
    },
  };
}

/** Rules of nft(8) for the router before the gateway, with the lab's own nft. */
async function onLine(name: string, rules: string): Promise<void> {
  const { stdout: tree } = await execa('scripts/lab-packages', ['--tree']);
  const words = [`--net=/run/netns/${name}-line`, 'chroot', tree, '/usr/sbin/nft', '-f', '-'];
  await execa('nsenter', words, { input: `${rules.replaceAll('; add', '\nadd')}\n` });
}
