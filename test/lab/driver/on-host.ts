import { execa } from 'execa';

/** What a command on a lab host printed. */
export interface Printed {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A lab instance of its own: two of them do not disturb each other. */
export interface Lab {
  up(): Promise<void>;
  down(): Promise<void>;
  /** Runs shell text on a host as root by `/bin/sh -c`. Does not throw for an exit status. */
  on(host: string, script: string, stdin?: string): Promise<Printed>;
  /** The same, for preparations: throws unless it exits 0. */
  must(host: string, script: string, stdin?: string): Promise<string>;
}

/** @param name the instance's name, `scripts/lab`'s LAB. */
export const labCalled = (name: string): Lab => {
  const lab = (words: readonly string[], input = '') =>
    execa('scripts/lab', words, {
      env: { LAB: name },
      input,
      reject: false,
      stripFinalNewline: false,
      timeout: 180_000,
    });
  const on = async (host: string, script: string, stdin = ''): Promise<Printed> => {
    const { exitCode, stdout, stderr } = await lab(['exec', host, '--', '/bin/sh', '-c', script], stdin);
    return { exit: exitCode ?? -1, stdout, stderr };
  };
  const whole = async (word: string): Promise<void> => {
    const { exitCode, stderr } = await lab([word]);
    if (exitCode !== 0) throw new Error(`scripts/lab ${word}: ${stderr}`);
  };
  return {
    // What an interrupted run of the same test has left would not be bare.
    up: () => whole('down').then(() => whole('up')),
    down: () => whole('down'),
    on,
    must: async (host, script, stdin) => {
      const { exit, stdout, stderr } = await on(host, script, stdin);
      if (exit !== 0) throw new Error(`${host}: ${script}\nexited ${exit}: ${stderr}`);
      return stdout;
    },
  };
};
