/**
 * Machines as a run sees them: the files that mailtun would have written there, what smtpd runs with, and its queue. Tunnels work
 * between hosts whose files have each other as peers; a change of their addresses is not modelled.
 */
import { stringify } from 'yaml';
import { parseHostsFile } from '../../../src/facts/hosts-file.ts';
import { familyOf, shortAddress } from '../../../src/hosts/addresses.ts';
import type { Fleet, Host } from '../../../src/hosts/fleet.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { hopsIn } from '../../../src/tasks/hops-in.ts';
import { isTunnelHost } from '../../../src/tasks/neighbours.ts';
import type { Standing, Standings } from '../../../src/tasks/standing.ts';
import { waitingFor } from '../../../src/tasks/waiting-for.ts';
import type { Draft } from '../../lab/scenarios/edits.ts';
import { senderDomains } from '../../lab/scenarios/edits-fitting.ts';
import { START } from './start.ts';

/** Whatever the inventory calls them. */
export const MACHINES = ['namorar', 'carinho', 'mimando', 'saudade'] as const;
export type Machine = (typeof MACHINES)[number];

/** In a queue. */
export interface Mail {
  readonly action: string;
  readonly from: string;
  readonly to: string;
  /** When it was queued. */
  readonly at: number;
  /** Why it waits. */
  readonly why: string;
}

/** What mailtun has written for smtpd. */
export interface Files {
  readonly conf: string;
  readonly recipients: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  readonly hostsFile: string;
  /** For whom, by which inventory; null: the machine has never been set up. */
  readonly made: { readonly host: Host; readonly fleet: Fleet } | null;
}

export interface Disk {
  files: Files;
  /** What smtpd was last started with. */
  running: Files;
  /** False: a run was killed before it had restarted smtpd. */
  isSure: boolean;
  rootTo: string | null;
  queue: Mail[];
}

/** As OpenBSD is installed. */
export const STOCK: Files = { conf: 'listen on lo0\n', recipients: [], secrets: [], hostsFile: '', made: null };

/** The inventory of a draft. */
export const textOf = ({ spare: _, lans: __, ...inventory }: Draft): string => stringify(inventory);

/** Addresses are compared in their short form; anything else, as it is. */
export const short = (address: string): string => (familyOf(address) === null ? address : shortAddress(address));

export const isInLan = (address: string): boolean => /6969:|^10\.69\./.test(address);

/** All but the spare one keep their role. */
export function machineOf({ name, role }: Host): Machine {
  if (name === 'saudade') return 'saudade';
  return role === 'relay' ? 'namorar' : role === 'gateway' ? 'carinho' : 'mimando';
}

export class World {
  fleet: Fleet;
  /** In whose name the workstation's users have always been allowed to send since all was settled. */
  senders: readonly string[] = [];
  /** Seconds. */
  clock = 1000;
  /** When mail is sent, for messages. */
  moment = '';
  readonly lost: string[] = [];
  readonly faults: string[] = [];
  private readonly disks = new Map<Machine, Disk>(
    MACHINES.map(machine => [machine, { files: STOCK, running: STOCK, isSure: true, rootTo: null, queue: [] }]),
  );
  /** Of all inventories so far. */
  private readonly owners = new Map<string, Machine>();

  constructor(public draft: Draft = START) {
    this.fleet = this.edit(draft);
  }

  /** Another inventory, which nothing has been done for yet. */
  edit(draft: Draft): Fleet {
    this.draft = draft;
    this.fleet = readInventory('inventory.yaml', textOf(draft));
    for (const host of this.fleet.hosts)
      if (isTunnelHost(host)) this.owners.set(short(host.tunnel.address), machineOf(host));
    for (const machine of ['carinho', 'mimando', 'saudade'] as const)
      for (const address of draft.lans[machine]) this.owners.set(short(address), machine);
    const allowed = senderDomains(draft);
    this.senders = this.senders.filter(domain => allowed.includes(domain));
    return this.fleet;
  }

  disk(machine: Machine): Disk {
    const disk = this.disks.get(machine);
    if (!disk) throw new Error(`there is no ${machine}`);
    return disk;
  }

  /** Whose address it is or was. */
  ownerOf = (address: string): Machine | undefined => this.owners.get(short(address));

  /** Whether an address is still on the machine's interface, as far as the admin takes them away. */
  has(machine: Machine, address: string): boolean {
    if (machine === 'namorar' || !isInLan(address)) return true;
    return this.draft.lans[machine].some(one => short(one) === short(address));
  }

  addressesOf = (machine: Machine): readonly string[] =>
    [...this.owners].flatMap(([address, owner]) => (owner === machine && this.has(machine, address) ? [address] : []));

  /** Hosts of the inventory that a run can ask. */
  present = (away?: Machine): readonly Host[] => this.fleet.hosts.filter(host => machineOf(host) !== away);

  /** The addresses that hosts say they have. */
  holders = (away?: Machine): ReadonlyMap<string, ReadonlySet<string>> =>
    new Map(this.present(away).map(host => [host.name, new Set(this.addressesOf(machineOf(host)))]));

  /** What a run finds out before it decides. */
  standings = (away?: Machine): Standings =>
    new Map(this.present(away).map(host => [host.name, this.standing(host, away)]));

  private standing(host: Host, away?: Machine): Standing {
    const { files, isSure, rootTo, queue } = this.disk(machineOf(host));
    const { fleet } = this;
    const { conf, recipients, secrets } = files;
    const holders = this.holders(away);
    const hostsFile = parseHostsFile(files.hostsFile);
    const queued = new Set(queue.map(({ to }) => to));
    const actionsFor = (to: string): ReadonlySet<string> =>
      new Set(queue.filter(one => one.to === to).map(({ action }) => action.toLowerCase()));
    const actions = new Map([...queued].map(to => [to, actionsFor(to)]));
    const text = (path: string): string => (path === '/etc/hosts' ? files.hostsFile : conf);
    return {
      hops: hopsIn(conf, { host, fleet, recipients, secrets, hostsFile, holders }),
      isSure,
      queued,
      queuedFrom: new Set(queue.map(({ from }) => from.slice(from.indexOf('@') + 1)).filter(Boolean)),
      queuedTo: isSure ? waitingFor(actions, fleet, text, holders) : new Map(),
      rootTo,
    };
  }
}
