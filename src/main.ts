import { writeSync } from 'node:fs';
import { reported } from './commands/reported.ts';
import { EXIT } from './commands/terminal.ts';
import { failureJson, failureText, type ReportedFailure } from './report/failure.ts';

/** The command's name, which is seldom needed. */
let command: () => string | null = () => null;

// When its connection ends, a host finishes the current step, releases its lock and does nothing else (prelude.ts); risky
// changes it rolls back by itself (dead-man.ts). So there is nothing to wait for here. SIGQUIT, a key on many terminals,
// would leave a core file that contains secrets. A second signal changes nothing, since the handler remains.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => {
    const failure: ReportedFailure = {
      code: 'interrupted',
      what: `interrupted by ${signal}`,
      where: 'mailtun',
      remedy: 'run the same command again to continue',
    };
    process.stderr.write(`\nmailtun: ${failure.what}; ${failure.remedy}\n`);
    try {
      if (process.argv.includes('--json') && !reported.onStdout)
        writeSync(process.stdout.fd, `${JSON.stringify(failureJson(command(), failure))}\n`);
    } finally {
      // Even if stdout is closed.
      process.exit(EXIT.interrupted);
    }
  });

// `mailtun status | head`, a full disk: the run continues although its output is lost.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') reported.failed ??= error;
});
process.stderr.on('error', () => undefined);

// Node exits with status 0 when nothing is left to wait for, even if an awaited promise is never settled. That would be a
// bug in mailtun, and must not look like success.
let ended = false;
process.on('beforeExit', () => {
  if (ended) return;
  ended = true;
  const failure: ReportedFailure = {
    code: 'mailtun-failed',
    what: 'ended before its work was done',
    where: command() ?? 'mailtun',
    remedy: 'run the same command again; this is a bug in mailtun, please report it',
  };
  process.stderr.write(failureText(failure));
  if (process.argv.includes('--json') && !reported.onStdout)
    process.stdout.write(`${JSON.stringify(failureJson(command(), failure))}\n`);
  process.exitCode = EXIT.failed;
});

/** Loads the rest of the program, which takes a while, so only after the handlers above are installed. */
async function run(): Promise<void> {
  const { main, named } = await import('./cli.ts');
  command = () => named(process.argv);
  const status = await main(process.argv);
  ended = true;
  // Node reports what it could not write only now.
  await new Promise(resolve => setImmediate(resolve));
  process.exitCode = reported.failed === null || status === EXIT.usage ? status : EXIT.failed;
  if (reported.failed !== null) process.stderr.write(`mailtun: the output is incomplete: ${reported.failed.message}\n`);
  // Node takes a while to clear up behind itself; whoever reads slowly gets all of it first.
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}

// A bug: Node shows it, and exits 1.
void run();
