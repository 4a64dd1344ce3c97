/** What a machine that edits does with a lab: interfaces, runs that are killed, and runs until nothing is left to do. */
import { setTimeout as pause } from 'node:timers/promises';
import { SEND_ON } from '../driver/mails.ts';
import { type ProvisionDocument, started } from '../driver/mailtun.ts';
import type { Lab } from '../driver/on-host.ts';
import { type Draft, isIpv6, type Machine } from './edits.ts';
import { HOSTS } from './edits-drawn.ts';

const INTERFACES: Readonly<Record<Machine, string>> = { carinho: 'vio2', mimando: 'vio1', saudade: 'vio2' };
const MACHINES = ['carinho', 'mimando', 'saudade'] as const;

/** The addresses that the machines have in the LAN. */
export async function interfacesOf(lab: Lab): Promise<Draft['lans']> {
  const of = async (machine: Machine): Promise<readonly string[]> =>
    (await lab.must(machine, `ifconfig ${INTERFACES[machine]}`)).match(/2001:db8:6969::\S+|10\.69\.69\.\d+/g) ?? [];
  const [carinho, mimando, saudade] = await Promise.all(MACHINES.map(of));
  return { carinho: carinho ?? [], mimando: mimando ?? [], saudade: saudade ?? [] };
}

const isOther = (one: readonly string[], other: readonly string[]): boolean =>
  one.some(address => !other.includes(address));

/** How many addresses are gone. */
export const removed = (has: Draft['lans'], wanted: Draft['lans']): number =>
  MACHINES.flatMap(machine => has[machine].filter(address => !wanted[machine].includes(address))).length;

/** As an admin does it: hostname.if(5) and the interface, the new address first. Resolves to what they have then. */
export async function setInterfaces(lab: Lab, has: Draft['lans'], wanted: Draft['lans']): Promise<Draft['lans']> {
  const set = async (machine: Machine): Promise<void> => {
    const [before, after] = [has[machine], wanted[machine]];
    if (!isOther(before, after) && !isOther(after, before)) return;
    const wire = INTERFACES[machine];
    const lines = after.map(one => (isIpv6(one) ? `inet6 alias ${one} 64` : `inet alias ${one} 255.255.255.0`));
    const family = (one: string): string => (isIpv6(one) ? 'inet6' : 'inet');
    const length = (one: string): number => (isIpv6(one) ? 64 : 24);
    const added = after.filter(one => !before.includes(one));
    const gone = before.filter(one => !after.includes(one));
    await lab.must(
      machine,
      [
        `grep -v -e 2001:db8:6969: -e '10[.]69[.]69[.]' /etc/hostname.${wire} >/etc/hostname.new`,
        `printf '%s\\n' ${lines.map(line => `'${line}'`).join(' ')} >>/etc/hostname.new`,
        `mv /etc/hostname.new /etc/hostname.${wire}`,
        ...added.map(one => `ifconfig ${wire} ${family(one)} ${one}/${length(one)} alias`),
        // Duplicate address detection takes a second.
        ...(added.length > 0 ? ['sleep 1.2'] : []),
        ...gone.map(one => `ifconfig ${wire} ${family(one)} ${one} delete`),
        ':',
      ].join('\n'),
    );
    console.log(`${machine}: ${[...added.map(one => `+${one}`), ...gone.map(one => `-${one}`)].join(' ')}`);
  };
  await Promise.all(MACHINES.map(set));
  return wanted;
}

/**
 * The user of the workstation sends in the name of this domain from now on, or not at all: a gateway refuses senders of domains
 * that it does not serve, and of two edits of that no one knows which is in force before a run has settled it.
 */
export const sendAs = (lab: Lab, domain: string | undefined): Promise<unknown> =>
  lab.must('mimando', `printf '%s' '${domain === undefined ? '' : `test@${domain}`}' >/tmp/from`);

/** A run that ends after so many milliseconds. */
export async function killed(name: string, options: readonly string[], milliseconds: number): Promise<void> {
  const running = started(name, 'provision', 'inventory.yaml', '--json', ...options);
  await Promise.race([running, pause(milliseconds)]);
  running.kill('SIGKILL');
  await running;
}

/**
 * Runs until there is nothing to do; what waits in a queue goes first, then leave is given where a run asks for it. What
 * is left then.
 */
export async function settled(
  lab: Lab,
  run: (...options: readonly string[]) => Promise<ProvisionDocument | null>,
): Promise<readonly string[]> {
  let options: readonly string[] = [];
  let left: readonly string[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    const document = await run(...options);
    if (document?.hosts.every(host => host.ok && host.changes.length === 0)) return [];
    left = (document?.hosts ?? []).flatMap(({ name: host, error, changes }) => [
      ...(error ? [`${host}: ${error.what}`] : []),
      ...changes.map(change => `${host}: ${change.resource}: ${change.why}`),
    ]);
    for (const host of HOSTS) await lab.on(host, SEND_ON);
    await pause(1500);
    const queues = await Promise.all(HOSTS.map(host => lab.must(host, 'smtpctl show queue')));
    options = turn > 2 && queues.join('') === '' ? ['--take-over'] : [];
  }
  return [`not settled after 25 runs: ${left.join('; ')}`];
}

/** How much is in the queues, and how many envelopes are in the spools. */
export async function leftIn(lab: Lab): Promise<{ readonly queued: number; readonly files: number }> {
  const all = async (script: string): Promise<readonly string[]> =>
    (await Promise.all(HOSTS.map(host => lab.must(host, script)))).join('').split('\n').filter(Boolean);
  const files = await all('ls /var/spool/smtpd/queue/*/*/* 2>/dev/null; exit 0');
  return {
    queued: (await all('smtpctl show queue')).length,
    files: files.filter(line => /\/[0-9a-f]{16}$/.test(line)).length,
  };
}
