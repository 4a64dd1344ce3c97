/** What the tables of faults share: a run on one host, and how its host is to be found afterwards. */

import { expect } from 'vitest';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { type Bench, inventoryOf } from './broken.ts';

export const recovering = (bench: Bench) => {
  const { lab, name, host } = bench;
  const provisionHost = async (inventory: string) => {
    const { exit, stdout, stderr } = await mailtun(name, 'provision', inventory, '--host', host, '--json');
    const hosts = stdout === '' ? [] : JSON.parse(stdout).hosts;
    return { exit, error: hosts.find((one: { name: string }) => one.name === host)?.error ?? null, stderr };
  };
  return {
    provisionHost,

    /** Takes mailtun's block out of a file: something to do for the next run. */
    lacksBlock: (path: string): Promise<string> =>
      lab.must(
        host,
        `sed '/^# mailtun: begin/,/^# mailtun: end/d' ${path} >/var/x && cat /var/x >${path}; rm /var/x; cat ${path}`,
      ),

    /** Nothing half done: no staged file, no lock. */
    nothingIsLeftBehind: (): Promise<void> =>
      eventually(
        lab,
        host,
        '[ ! -e /var/run/mailtun.lock ] && ! ls /etc/*.mailtun.* /etc/mail/*.mailtun.* 2>/dev/null',
        10,
      ),

    isRecovered: async (): Promise<void> => {
      const { exit, error } = await provisionHost(inventoryOf(bench));
      expect(error).toBeNull();
      expect(exit).toBe(0);
      expect((await mailtun(name, 'provision', 'inventory.yaml', '--check', '--host', host)).exit).toBe(0);
    },
  };
};
