/** Whether this process has printed its result, so that `--json` never prints a second document. */
export const reported = { onStdout: false };
