/** What a terminal shows of a program's output: enough of one for listr2 and our own text. */
const STRING = /\x1b\[([\d;?]*)([A-Za-z])|\r|\n|[^\x00-\x1f]/gu;

/** All lines, those that have scrolled away as well; a character is one column wide. */
export function screenAfter(output: string, size: { readonly columns: number; readonly rows: number }): string[] {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const down = (): void => {
    row += 1;
    if (row === lines.length) lines.push([]);
  };
  for (const [text, count = '', kind] of output.matchAll(STRING)) {
    const line = lines[row] as string[];
    if (kind === 'A') row = Math.max(row - Number(count || 1), lines.length - size.rows, 0);
    else if (kind === 'G') column = Number(count || 1) - 1;
    else if (kind === 'K' && count === '2') line.length = 0;
    else if (kind !== undefined) continue;
    else if (text === '\r') column = 0;
    else if (text === '\n') down();
    else {
      if (column === size.columns) {
        down();
        column = 0;
      }
      const here = lines[row] as string[];
      while (here.length < column) here.push(' ');
      here[column] = text;
      column += 1;
    }
  }
  return lines.map(line => line.join(''));
}
