/**
 * The lines of what a host printed, without carriage returns, which openssl(1), nc(1) and smtp(1) pass on, without trailing
 * blanks, and without NUL bytes, which a power cut leaves in a log. (A `.` in a JavaScript regular expression does not match
 * CR, U+2028 and U+2029: hence the flag `s` of the expressions for such lines.)
 */
export const linesOf = (text: string): readonly string[] =>
  text
    .replaceAll('\0', '')
    .split('\n')
    .map(line => line.trimEnd());
