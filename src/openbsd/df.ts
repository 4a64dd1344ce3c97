/** What `df -kP` prints (df(1)). */

export interface FileSystem {
  readonly mount: string;
  readonly availableKilobytes: number;
  /** 0 to 100, or above where root's reserve is in use. */
  readonly usedPercent: number;
}

/** Each file system once; lines that are none are passed over. */
export const parseDf = (text: string): readonly FileSystem[] => {
  const found = [...text.matchAll(/^\S+ +\d+ +\d+ +(-?\d+) +(\d+)% +(\/\S*)$/gm)].map(match => ({
    mount: match[3] ?? '',
    availableKilobytes: Number(match[1]),
    usedPercent: Number(match[2]),
  }));
  return [...new Map(found.map(one => [one.mount, one])).values()];
};
