/**
 * The lines of what a host printed. openssl(1), nc(1) and smtp(1) pass on what came over the wire with its carriage
 * return, which is no part of a line; nor are blanks at its end, nor NUL bytes, which a power cut leaves in a log. (A `.` in a JavaScript regular expression matches none
 * of CR, U+2028 and U+2029, so a line with one of them would match nothing: hence `s` on the forms below.)
 */
export const linesOf = (text: string): readonly string[] =>
  text
    .replaceAll('\0', '')
    .split('\n')
    .map(line => line.trimEnd());
