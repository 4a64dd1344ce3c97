import { intactText } from '../run/lost.ts';
import type { FileState, World } from '../run/resource.ts';

/**
 * Whether an interface may have another preshared key than the one in a file, for ifconfig(8) shows none: where that file
 * changes, differs from the far end's, or is another one than netstart(8) reads, since hostname.if(5) is written when the
 * interface has been changed.
 * @param id the resource of the interface. @param netstart its hostname.if(5).
 */
export const mayLack =
  (id: string, netstart: FileState, world: World) =>
  ({ presharedKeyFile: path, isUnshared }: { presharedKeyFile: string | null; isUnshared: boolean }): boolean =>
    path !== null &&
    (world.willChange(path) ||
      (!world.hasChanged(id, path) && (isUnshared || !intactText(netstart).includes(`"$(cat ${path})"`))));
