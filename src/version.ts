/** As package.json has it; the build puts it in place. */
export const version: string = process.env.MAILTUN_VERSION ?? '0.1.0';
