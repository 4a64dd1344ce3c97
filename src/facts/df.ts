/** What `df -kP` prints (df(1)). */
import { linesOf } from './lines.ts';

export interface FileSystem {
  readonly mount: string;
  readonly availableKilobytes: number;
  /** 0 to 100, or above where root's reserve is in use. */
  readonly usedPercent: number;
}

/** Each file system once; lines that are none are passed over. */
export const parseDf = (text: string): readonly FileSystem[] => {
  const found = linesOf(text).flatMap(line => {
    const [, available, percent, mount] = /^\S+ +\d+ +\d+ +(-?\d+) +(\d+)% +(\/.*)$/s.exec(line) ?? [];
    return mount === undefined ? [] : { mount, availableKilobytes: Number(available), usedPercent: Number(percent) };
  });
  return [...new Map(found.map(one => [one.mount, one])).values()];
};
