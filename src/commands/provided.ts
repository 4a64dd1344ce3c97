import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import type { Published } from '../run/resource.ts';
import { INVENTORY, PASSWORD } from '../tasks/credentials.ts';
import { readPassword } from './password.ts';
import type { Terminal } from './terminal.ts';

/**
 * Values that no host has made: the password of the inventory, and the user's certificates and lists.
 * @throws Failure for what cannot be read or used, before any host is contacted.
 */
export async function providedParts(fleet: Fleet, terminal: Terminal): Promise<Published> {
  const password = await readPassword(fleet, terminal);
  const parts = {
    ...(password === null ? {} : { [PASSWORD]: password }),
    ...(await certificateFiles(fleet)),
    ...(await filterFiles(fleet)),
  };
  return new Map(Object.keys(parts).length === 0 ? [] : [[INVENTORY, parts]]);
}

async function filterFiles(fleet: Fleet): Promise<Readonly<Record<string, string>>> {
  if (relaysOf(fleet).every(relay => relay.filters.lists.length === 0)) return {};
  const { readFilterFiles } = await import('./filter-files.ts');
  return readFilterFiles(fleet);
}

async function certificateFiles(fleet: Fleet): Promise<Readonly<Record<string, string>>> {
  if (relaysOf(fleet).every(relay => relay.certificates.kind !== 'files')) return {};
  const { readCertificateFiles } = await import('./certificate-files.ts');
  return readCertificateFiles(fleet);
}
