import * as z from 'zod/mini';
import { described } from './errors.ts';
import { type Complaint, complaintAbout, type Word } from './formats.ts';

/**
 * The few kinds of value that the inventory's schema is made of. A zod message is one string; ours hold what is wrong
 * and the remedy with a newline between, which neither half contains.
 */
const said = (what: string, remedy: string): string => `${what}\n${remedy}`;

/** The two halves of a message made here. */
export function unsaid(message: string): Complaint {
  const [what = '', remedy = ''] = message.split('\n');
  return { what, remedy };
}

/** The message for a value that is not what is wanted, or is missing. */
function notThat(input: unknown, thing: string, remedy: string, isHidden = false): string {
  if (input === undefined) return said('missing', remedy);
  return input === null
    ? said('empty', remedy)
    : said(`${isHidden ? 'this' : described(input)} is not ${thing}`, remedy);
}

/**
 * What people read about a value: editors show it, and so do mailtun.yaml(5) and the README, which "npm run documents"
 * writes. Plain sentences; what is typed is in double quotes. What comes after an empty line is in the manual after the
 * keys of a mapping. The rest are other keywords of JSON Schema.
 */
interface About {
  readonly description: string;
  readonly examples?: readonly unknown[];
}

/** What is wanted, as in errors: "is not" `thing`; `remedy`. */
interface Wanted {
  readonly thing: string;
  readonly remedy: string;
}

/** A schema with a description; how its lines are broken does not matter. */
export function explained<Schema extends z.ZodMiniType>(
  schema: Schema,
  { description, ...about }: About & Record<string, unknown>,
): Schema {
  const paragraphs = description.split(/\n\s*\n/).map(text => text.trim().replaceAll(/\s+/g, ' '));
  z.globalRegistry.add(schema, { ...about, description: paragraphs.join('\n\n') });
  return schema;
}

/** A string of one kind of word. */
export function text(word: Word, about: About) {
  const string = z
    .string({ error: issue => notThat(issue.input, word.thing, word.remedy, word.isHidden) })
    .check(context => {
      const complaint = complaintAbout(word, context.value);
      if (complaint === null) return;
      const message = said(complaint.what, complaint.remedy);
      context.issues.push({ code: 'custom', input: context.value, message });
    });
  return explained(string, { ...about, pattern: word.pattern.source });
}

/** A whole number within bounds, both included. */
export function wholeNumber(thing: string, least: number, most: number, about: About) {
  const remedy = `write a whole number from ${least} to ${most}`;
  const error = (issue: { input?: unknown }) => notThat(issue.input, thing, remedy);
  // A number too large to be exact is not an integer: without abort it would be reported again as too large.
  return explained(z.int({ error, abort: true }).check(z.gte(least, { error }), z.lte(most, { error })), { ...about });
}

/** On or off. YAML 1.2 knows only true and false; on, off, yes and no come as strings and mean the same. */
export function flag(about: About) {
  const error = (issue: { input?: unknown }) => notThat(issue.input, 'true or false', 'write true or false');
  const written = z.union([z.boolean(), z.enum(['on', 'off', 'yes', 'no'])], { error });
  return explained(z.pipe(written, z.transform(isOn)), { ...about });
}

/** Whether a flag is on, as it was written. */
export const isOn = (value: boolean | 'on' | 'off' | 'yes' | 'no'): boolean =>
  value === true || value === 'on' || value === 'yes';

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words, about: About) {
  const all = words.join(' or ');
  return explained(z.enum(words, { error: issue => notThat(issue.input, all, `write ${all}`) }), { ...about });
}

/** A mapping with these keys and no other. Its message for unknown keys is the list of those it knows. */
export function mapping<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  { thing, isHidden, ...about }: About & { thing: string; isHidden?: boolean },
) {
  const keys = Object.keys(shape);
  const schema = z.strictObject(shape, {
    error: issue => {
      if (issue.code === 'unrecognized_keys') return keys.join('\n');
      return notThat(issue.input, thing, `write a mapping with ${keys.join(', ')}`, isHidden);
    },
  });
  return explained(schema, about);
}

/** A mapping whose keys are names. The keys are checked elsewhere, so that a bad one does not hide its value. */
export function named<Value extends z.ZodMiniType>(
  key: Word,
  value: Value,
  { thing, ...about }: About & { thing: string },
) {
  const error = (issue: { input?: unknown }) => notThat(issue.input, thing, 'write a mapping, one name to a line');
  return explained(z.record(z.string(), value, { error }), {
    ...about,
    propertyNames: { pattern: key.pattern.source },
  });
}

/** A list with at least one entry. */
export function list<Entry extends z.ZodMiniType>(entry: Entry, about: About & Wanted & { readonly most?: number }) {
  const { thing, remedy, most = 1000, ...meta } = about;
  const tooFew = z.minLength(1, { error: () => said('an empty list', remedy) });
  const tooMany = z.maxLength(most, { error: () => said(`more than ${most} entries`, remedy) });
  const entries = z.array(entry, { error: issue => notThat(issue.input, thing, remedy) });
  return explained(entries.check(tooFew, tooMany), meta);
}

/** One of several alternatives, which differ in being a string, a list or a mapping, or in their keys. */
export function either<const Options extends readonly [z.ZodMiniType, ...z.ZodMiniType[]]>(
  options: Options,
  { thing, remedy, ...about }: About & Wanted,
) {
  return explained(z.union(options, { error: issue => notThat(issue.input, thing, remedy) }), about);
}

/** On, off, or the settings of what is on. */
export const switchOr = <Settings extends z.ZodMiniType>(settings: Settings, about: About & Pick<Wanted, 'remedy'>) =>
  either([flag({ description: 'On or off' }), settings], { thing: 'on, off or a mapping', ...about });
