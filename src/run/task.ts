import type { Resource } from './resource.ts';

/** One part of a host's configuration. `H` is a host of the inventory, `F` the whole inventory. */
export interface Task<H, F> {
  /** One word or two, as `--only` takes it: `clock`. */
  readonly name: string;
  /** One sentence, which `npm run documents` writes into mailtun(1). */
  readonly summary: string;
  /** In the order in which they are to be made; none where the task does not concern the host. Pure. */
  readonly resources: (host: H, fleet: F) => readonly Resource[];
}

/** A resource and the task it belongs to. */
export interface Assigned {
  readonly task: string;
  readonly resource: Resource;
}

/** All resources of a host, in order. */
export const assign = <H, F>(tasks: readonly Task<H, F>[], host: H, fleet: F): readonly Assigned[] =>
  tasks.flatMap(task => task.resources(host, fleet).map(resource => ({ task: task.name, resource })));
