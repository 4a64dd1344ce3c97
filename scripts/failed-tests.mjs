// Prints the file and the name of every test that failed, from vitest's JSON reports, each with the head of its message.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const head = messages => (messages[0] ?? '').split('\n', 12).join('\n    ');
for (const path of process.argv.slice(2))
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const name = relative('.', file.name);
    if (file.status === 'failed' && file.assertionResults.length === 0) console.log(`FAILED: ${name}: ${file.message}`);
    for (const test of file.assertionResults.filter(({ status }) => status === 'failed'))
      console.log(`FAILED: ${name}: ${test.fullName}\n    ${head(test.failureMessages)}`);
  }
