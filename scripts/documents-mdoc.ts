/** Plain sentences as mdoc(7): a sentence begins a line, and what is in double quotes gets the macro for what it is. */

const WIDTH = 80;

const SPECIAL = /"([^"]+)"|EXAMPLES in mailtun\.yaml\(5\)|([\w.-]+)\((\d)\)|OpenBSD( \d\.\d)?|\bmailtun\b/g;

/** The macro of a word that is typed. */
function typed(word: string, keys: ReadonlySet<string>): string {
  if (keys.has(word)) return `Ic ${word}`;
  if (/^\/|^known_hosts$/.test(word)) return `Pa ${word}`;
  if (word.startsWith('-')) return `Fl ${word.slice(1)}`;
  if (word.startsWith('net.')) return `Va ${word}`;
  return /^\w[\w-]*$/.test(word) ? `Cm ${word}` : `Ql ${word}`;
}

function macroOf([all, word, page, section, release]: RegExpMatchArray, keys: ReadonlySet<string>): string {
  if (word !== undefined) return typed(word, keys);
  if (page !== undefined) return `Xr ${page} ${section}`;
  if (all.startsWith('EXAMPLES')) return 'Sx EXAMPLES';
  return all === 'mailtun' ? 'Nm mailtun' : `Ox${release ?? ''}`;
}

/** A paragraph as lines of mdoc(7), without a last newline; `keys` are the words that are keys. */
export function mdoc(paragraph: string, keys: ReadonlySet<string>): string {
  const lines: string[] = [];
  let at = 0;
  for (const match of paragraph.matchAll(SPECIAL)) {
    const before = paragraph.slice(at, match.index);
    const opening = /[([]$/.exec(before)?.[0] ?? '';
    lines.push(...filled(before.slice(0, before.length - opening.length)));
    const macro = macroOf(match, keys);
    const [name = '', ...words] = macro.split(' ');
    const rest = paragraph.slice(match.index + match[0].length);
    const [after = '', closing = '', more = ''] = /^([.,:;)\]?!]*)(\S*)/.exec(rest) ?? [];
    const suffix = [...closing, ...(more === '' ? [] : ['Ns', more])];
    lines.push([`.${name}`, ...(opening ? [opening] : []), ...words, ...suffix].join(' '));
    at = match.index + match[0].length + after.length;
  }
  return [...lines, ...filled(paragraph.slice(at))].join('\n');
}

/** Text in lines that are not too long; a new sentence begins a new line. */
function filled(text: string): readonly string[] {
  const lines: string[] = [];
  let isNew = true;
  for (const word of text.trim().split(/\s+/)) {
    if (word === '') continue;
    const line = lines.at(-1);
    if (isNew || line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
    isNew = /[.?!]$/.test(word);
  }
  return lines;
}
