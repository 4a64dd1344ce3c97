/** What `df -ki` prints (df(1), bsdprint in df.c), and `df -kP`. */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';

/** A line of df(1). */
export interface FileSystem {
  readonly mount: string;
  readonly availableKilobytes: number;
  /** 0 to 100, or above where root's reserve is in use. */
  readonly usedPercent: number;
  /** Of its inodes; null where it has none, or nothing is said of them. */
  readonly usedInodesPercent: number | null;
}

/** Each file system once; other lines are ignored. */
export const parseDf = (text: string): readonly FileSystem[] => {
  const found = linesOf(text).flatMap(line => {
    const [, available, percent, inodes, mount] =
      /^\S+ +\d+ +\d+ +(-?\d+) +(\d+)%(?: +(\d+ +\d+ +\d+)%)? +(\/.*)$/s.exec(line) ?? [];
    if (mount === undefined) return [];
    const [used = 0, free = 0, usedPercent = 0] = (inodes ?? '').split(/ +/).map(Number);
    return {
      mount,
      availableKilobytes: Number(available),
      usedPercent: Number(percent),
      usedInodesPercent: used + free > 0 ? usedPercent : null,
    };
  });
  return [...new Map(found.map(one => [one.mount, one])).values()];
};

/** The file systems that mail needs. */
export const DISKS = fact('df', command('exec df -ki /var/spool/smtpd /home /var/log /tmp / 2>/dev/null'), parseDf);
