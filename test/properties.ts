/**
 * fast-check, which draws the same for the same tree under scripts/test, so that a commit fails everywhere or nowhere, and something
 * else for each other tree. Without MAILTUN_SEED (hexadecimal) it draws anew each time.
 */
import fc from 'fast-check';

const seed = process.env.MAILTUN_SEED;
if (seed) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number.parseInt(seed, 16) | 0 });

export { fc };
