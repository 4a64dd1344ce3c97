import { expect, it } from 'vitest';
import { documents } from '../scripts/documents.ts';

it.each(documents)('%s has what "npm run documents" writes', async (path, text) => {
  await expect(text, 'out of date: npm run documents').toMatchFileSnapshot(`../${path}`);
});
