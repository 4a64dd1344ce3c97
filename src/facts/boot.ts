import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** When the host was booted, in seconds since 1970; null where sysctl(8) did not say. */
export const BOOT: Fact<number | null> = fact('the time of boot', command('exec sysctl -n kern.boottime'), text => {
  const seconds = Number(text.trim());
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
});
