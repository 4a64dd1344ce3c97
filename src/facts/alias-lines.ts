/** Lines of aliases(5) that smtpd(8) loads without a message, and for which it then refuses mail with 424. Pure. */

/** One such line. */
export interface AliasFault {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Whose mail is refused. */
  readonly name: string;
  readonly kind: 'comment' | 'quotes' | 'blank before the colon' | 'words without a comma';
}

/** What sendmail and Postfix accept, and smtpd does not (table_static.c, to.c). */
export const aliasFaults = (text: string): readonly AliasFault[] =>
  text.split('\n').flatMap((written, index) => {
    const [, name = '', blank = '', value = ''] = /^\s*([^\s:#][^\s:]*)([ \t]*):[ \t]*(.*?)\s*$/.exec(written) ?? [];
    const kind = name === '' ? null : blank === '' ? faultOf(value) : 'blank before the colon';
    return kind === null ? [] : [{ line: index + 1, text: written, name: name.replace(/^"(.*)"$/, '$1'), kind }];
  });

/** Programs and files may contain anything; users and addresses have no blanks and no quotes. */
function faultOf(value: string): AliasFault['kind'] | null {
  if (/^"?[|/]|^:?include:/i.test(value)) return null;
  if (/\s#|^#/.test(value)) return 'comment';
  if (value.includes('"')) return 'quotes';
  return value.split(',').some(one => /\S\s+\S/.test(one)) ? 'words without a comma' : null;
}
