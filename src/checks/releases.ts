/** Which releases of OpenBSD are supported: the two newest. Pure. */

/** Release dates from 7.0 on (openbsd.org/NN.html); of 8.0 only the month is known, so its last day. */
const CAME = [
  '2021-10-14',
  '2022-04-21',
  '2022-10-20',
  '2023-04-10',
  '2023-10-16',
  '2024-04-05',
  '2024-10-08',
  '2025-04-28',
  '2025-10-22',
  '2026-05-19',
  '2026-10-31',
].map(date => Date.parse(date));

/** A release is supported until the second one after it is out. An unknown version counts as supported. */
export function isUnsupported(release: string, now: number): boolean {
  const [, major, minor] = /^(\d+)\.(\d)$/.exec(release) ?? [];
  if (major === undefined) return false;
  const index = (Number(major) - 7) * 10 + Number(minor);
  return index < 0 || now > cameBy(index + 2);
}

/**
 * Future releases are expected in April or May and in October; one was seven weeks late, so nothing is reported before the
 * end of the second month after that.
 */
const cameBy = (index: number): number => CAME[index] ?? Date.UTC(2026, 9 + 6 * (index - CAME.length + 1) + 2, 30);
