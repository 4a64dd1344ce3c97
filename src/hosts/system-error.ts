/** The code of an error of a system call or of Node, `ENOENT`; empty where there is none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** The code of an error, or else its message. */
export const reasonOf = (error: unknown): string =>
  codeOf(error) || (error instanceof Error ? error.message : String(error));
