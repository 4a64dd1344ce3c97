/** The version in package.json, which the build inserts. */
export const version: string = process.env.MAILTUN_VERSION ?? '0.1.0';
