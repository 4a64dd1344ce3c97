/** Runs of mailtun that the suite makes again and again, with what has to come of them. */
import { expectSame } from './checks.ts';
import { mailtun } from './hosts.ts';

export interface Provisioned {
  readonly hosts: readonly {
    readonly name: string;
    readonly roundTrips: number;
    readonly changes: readonly { readonly resource: string }[];
  }[];
  readonly totals: { readonly changed: number; readonly failed: number };
}

/** @param inventory its path. @throws Error for another exit status. */
export function provisioned(inventory: string, exit: number, ...options: readonly string[]): Provisioned {
  const ran = mailtun('provision', inventory, '--json', ...options);
  expectSame('exit status', ran.exit, exit, ran);
  return JSON.parse(ran.stdout);
}

/** `host resource`, sorted. */
export const changesOf = ({ hosts }: Provisioned): readonly string[] =>
  hosts.flatMap(host => host.changes.map(change => `${host.name} ${change.resource}`)).sort();

/** A run that finds nothing to do, in one round trip a host. */
export function converged(inventory: string): void {
  const run = provisioned(inventory, 0);
  expectSame('changes', changesOf(run), []);
  expectSame(
    'round trips',
    run.hosts.map(host => host.roundTrips),
    run.hosts.map(() => 1),
  );
}

/** `mailtun WORD INVENTORY --json`, which exits 0. */
export function isWell(word: string, inventory: string, ...options: readonly string[]): void {
  const ran = mailtun(word, inventory, '--json', ...options);
  expectSame(word, ran.exit, 0, ran);
}

/** A mail from outside reaches the mailbox. */
export const mailFlows = (inventory: string): void => isWell('send-test', inventory);
