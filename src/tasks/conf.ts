/** A configuration file from a template that looks like it: indentation goes, a list is a line for each item. */
export function conf(strings: TemplateStringsArray, ...values: readonly (string | readonly string[])[]): string {
  const NOTHING = '\0';
  const lines = String.raw(
    { raw: strings },
    ...values.map(value => (typeof value === 'string' ? value : value.length === 0 ? NOTHING : value.join('\n'))),
  ).split('\n');
  return `${lines
    .map(line => line.trim())
    .filter(line => line !== NOTHING)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
