import { writeSync } from 'node:fs';
import { reported } from './commands/reported.ts';
import { EXIT } from './commands/terminal.ts';
import { failureJson } from './report/failure.ts';

let command: string | null = null;

// A host finishes the step it is at when its connection ends, lets go of its lock, and does no other (prelude.ts); what
// was risked it puts back by itself (dead-man.ts). So there is nothing to wait for here. SIGQUIT, a key on many terminals,
// would leave a core file with secrets in it. A second signal finds the handler there, too, and changes nothing.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => {
    const failure = {
      what: `interrupted by ${signal}`,
      where: 'mailtun',
      remedy: 'run the same command again to go on from there',
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

// `mailtun status | head`: who reads no further need not be told, and a run goes on to its end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

/** Loads the rest, which takes a while: not before the handlers above. */
async function run(): Promise<void> {
  const { main, named } = await import('./cli.ts');
  command = named(process.argv);
  process.exitCode = await main(process.argv);
}

// A bug: Node shows it, and exits 1.
void run();
