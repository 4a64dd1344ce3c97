import * as z from 'zod';
import { described } from './inventory-errors.ts';
import { complaintAbout, type Word } from './inventory-words.ts';

/**
 * The few kinds of value that the inventory's schema is made of. A zod message is one string; ours hold what is wrong
 * and the remedy with a newline between, which neither half contains.
 */
const said = (what: string, remedy: string): string => `${what}\n${remedy}`;

/** The two halves of a message made here. */
export function unsaid(message: string): { what: string; remedy: string } {
  const [what = '', remedy = ''] = message.split('\n');
  return { what, remedy };
}

/** Says of a value that it is not the thing wanted, or that there is none. */
function notThat(input: unknown, thing: string, remedy: string): string {
  if (input === undefined) return said('missing', remedy);
  return input === null ? said('empty', remedy) : said(`${described(input)} is not ${thing}`, remedy);
}

interface About {
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** A string of one kind of word. `secret`: the value is never shown. */
export const text = (word: Word, about: About) =>
  z
    .string({ error: issue => notThat(issue.input, word.thing, word.remedy) })
    .check(({ value, issues }) => {
      const complaint = complaintAbout(word, value);
      if (complaint === null) return;
      issues.push({ code: 'custom', input: value, message: said(complaint.what, complaint.remedy) });
    })
    .meta({ ...about, pattern: word.pattern.source });

/** A whole number within bounds, both included. */
export function wholeNumber(thing: string, least: number, most: number, about: About) {
  const error = (issue: { input?: unknown }) =>
    notThat(issue.input, thing, `write a whole number from ${least} to ${most}`);
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .meta({ ...about });
}

/** On or off. YAML 1.2 knows only true and false; on, off, yes and no come as strings and mean the same. */
export const flag = (about: About) =>
  z
    .union([z.boolean(), z.enum(['on', 'off', 'yes', 'no'])], {
      error: issue => notThat(issue.input, 'true or false', 'write true or false'),
    })
    .meta({ ...about });

/** What a flag means. */
export const isOn = (value: boolean | 'on' | 'off' | 'yes' | 'no'): boolean =>
  value === true || value === 'on' || value === 'yes';

/** One of a few words. */
export const choice = <const Words extends readonly [string, ...string[]]>(words: Words, about: About) =>
  z
    .enum(words, { error: issue => notThat(issue.input, words.join(' or '), `write ${words.join(' or ')}`) })
    .meta({ ...about });

/** A mapping with these keys and no other. Its message for unknown keys is the list of those it knows. */
export const mapping = <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  about: About & { readonly thing: string },
) => {
  const keys = Object.keys(shape);
  const { thing, ...meta } = about;
  return z
    .strictObject(shape, {
      error: issue => {
        if (issue.code === 'unrecognized_keys') return keys.join('\n');
        return notThat(issue.input, thing, `write a mapping with ${keys.join(', ')}`);
      },
    })
    .meta(meta);
};

/** A mapping whose keys are names. The keys are checked elsewhere, so that a bad one does not hide its value. */
export const named = <Value extends z.ZodType>(key: Word, value: Value, about: About & { readonly thing: string }) => {
  const { thing, ...meta } = about;
  return z
    .record(z.string(), value, { error: issue => notThat(issue.input, thing, 'write a mapping, one name to a line') })
    .meta({ ...meta, propertyNames: { pattern: key.pattern.source } });
};

/** A list with at least one entry. `remedy`: what to write instead of anything else. */
export const list = <Entry extends z.ZodType>(
  entry: Entry,
  about: About & { readonly thing: string; readonly remedy: string; readonly most?: number },
) => {
  const { thing, remedy, most = 1000, ...meta } = about;
  const tooFew = { error: () => said('an empty list', remedy) };
  const tooMany = { error: () => said(`more than ${most} entries`, remedy) };
  return z
    .array(entry, { error: issue => notThat(issue.input, thing, remedy) })
    .min(1, tooFew)
    .max(most, tooMany)
    .meta(meta);
};

/** A value of one of several shapes, which differ in being a string, a list or a mapping. */
export const either = <const Options extends readonly [z.ZodType, ...z.ZodType[]]>(
  options: Options,
  about: About & { readonly thing: string; readonly remedy: string },
) => {
  const { thing, remedy, ...meta } = about;
  return z.union(options, { error: issue => notThat(issue.input, thing, remedy) }).meta(meta);
};
