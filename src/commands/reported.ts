/** Whether this process has printed its result: a program that reads it gets one document and no second one. */
export const reported = { onStdout: false };
