/** Failures, for programs and for people. */
import type { InventoryErrors } from '../hosts/inventory/errors.ts';
import type { Failure } from '../run/failure.ts';
import { plural } from '../run/plural.ts';
import { printable } from './printable.ts';

/** The parts of a Failure. */
export type ReportedFailure = Pick<Failure, 'code' | 'what' | 'where' | 'remedy'>;

/** The parts of InventoryErrors. */
export type BadInventory = Pick<InventoryErrors, 'file' | 'message' | 'problems'>;

/** Recognizes InventoryErrors by its name, so that a start need not load the code that reads an inventory. */
export const isBadInventory = (error: unknown): error is BadInventory & Error =>
  error instanceof Error && error.name === 'InventoryErrors';

/** A failure for programs; null for none. */
export const errorJson = (failure: ReportedFailure | null): ReportedFailure | null =>
  failure && { code: failure.code, what: failure.what, where: failure.where, remedy: failure.remedy };

/** The document of a command that has ended before it had one of its own. `command` is null where none was named. */
export const failureJson = (command: string | null, failure: ReportedFailure | BadInventory): object =>
  'problems' in failure
    ? {
        command,
        error: {
          code: 'inventory-invalid',
          what: `${plural(failure.problems.length, 'error')} in the inventory`,
          where: failure.file,
          remedy: 'correct the inventory',
        },
        problems: failure.problems,
      }
    : { command, error: errorJson(failure) };

/**
 * A failure and its remedy; ends with a newline. Each line about an inventory begins with `FILE:LINE:COLUMN:`, as editors
 * expect it.
 */
export const failureText = (failure: ReportedFailure | BadInventory): string =>
  printable(
    'problems' in failure ? `${failure.message}\n` : `mailtun: ${failure.where}: ${failure.what}\n${failure.remedy}\n`,
  );
