import { writeSync } from 'node:fs';
import { reported } from './commands/reported.ts';
import { EXIT } from './commands/terminal.ts';
import { failureJson, failureText } from './report/failure.ts';

let command: string | null = null;

// A host finishes the step it is at when its connection ends, lets go of its lock, and does no other (prelude.ts); what
// was risked it puts back by itself (dead-man.ts). So there is nothing to wait for here. SIGQUIT, a key on many terminals,
// would leave a core file with secrets in it. A second signal finds the handler there, too, and changes nothing.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => {
    const failure = {
      what: `interrupted by ${signal}`,
      where: 'mailtun',
      remedy: 'run the same command again to continue',
    };
    process.stderr.write(`\nmailtun: ${failure.what}; ${failure.remedy}\n`);
    try {
      if (process.argv.includes('--json') && !reported.onStdout)
        writeSync(process.stdout.fd, `${JSON.stringify(failureJson(command, failure))}\n`);
    } finally {
      // Whatever became of stdout and its reader.
      process.exit(EXIT.interrupted);
    }
  });

// `mailtun status | head`: nobody reads any further, and a run continues to its end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

// Node ends a program that waits for nothing more, with exit status 0, even if a promise that it awaits is never settled.
// That is a bug of mailtun's, and must not look like a run in which all is well.
let ended = false;
process.on('beforeExit', () => {
  if (ended) return;
  ended = true;
  const failure = {
    what: 'ended before its work was done',
    where: command ?? 'mailtun',
    remedy: 'run the same command again; this is a bug in mailtun, please report it',
  };
  process.stderr.write(failureText(failure));
  if (process.argv.includes('--json') && !reported.onStdout)
    process.stdout.write(`${JSON.stringify(failureJson(command, failure))}\n`);
  process.exitCode = EXIT.failed;
});

/** Loads the rest, which takes a while: not before the handlers above. */
async function run(): Promise<void> {
  const { main, named } = await import('./cli.ts');
  command = named(process.argv);
  process.exitCode = await main(process.argv);
  ended = true;
  // Node takes a while to clear up behind itself; whoever reads slowly gets all of it first.
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}

// A bug: Node shows it, and exits 1.
void run();
