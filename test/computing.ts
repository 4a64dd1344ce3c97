/** Milliseconds that this process computes for a piece of work: what else the machine does hardly counts. */
export function computing(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
