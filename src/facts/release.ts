/** The system and release of a host. */
import { command, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** What uname(1) says. */
interface Release {
  /** `OpenBSD 7.6`. */
  readonly said: string;
  /** `7.6`; null where it is not OpenBSD, or did not say. */
  readonly version: string | null;
}

/** The output of `uname -sr`. */
export const RELEASE: Fact<Release> = fact(
  'uname -sr',
  unchangedBy(['waited for', 'risky'], command('exec uname -sr')),
  text => ({
    said: text.trim(),
    version: /^OpenBSD (\d+\.\d+)/.exec(text)?.[1] ?? null,
  }),
);
