// Prints the ten test files that took longest, in seconds, from vitest's JSON reports.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const files = process.argv
  .slice(2)
  .flatMap(path => JSON.parse(readFileSync(path, 'utf8')).testResults)
  .map(({ name, startTime, endTime }) => ({ name: relative('.', name), seconds: (endTime - startTime) / 1000 }));
for (const { name, seconds } of files.toSorted((a, b) => b.seconds - a.seconds).slice(0, 10))
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${name}`);
