// Prints how many tests passed and how many failed, from vitest's JSON reports; a file that could not run is a failure.
import { readFileSync } from 'node:fs';

const reports = process.argv.slice(2).map(path => JSON.parse(readFileSync(path, 'utf8')));
const sum = of => reports.reduce((all, report) => all + of(report), 0);
const broken = report =>
  report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0);
console.log(
  sum(report => report.numPassedTests),
  sum(report => report.numFailedTests + broken(report).length),
);
