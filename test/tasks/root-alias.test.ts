import { describe, expect, it } from 'vitest';
import { HeldBack } from '../../src/run/resource.ts';
import { ALIASES, aliases } from '../../src/tasks/aliases.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { rootMailOf, rootTargetIn } from '../../src/tasks/root-alias.ts';
import { observing, plainFile, world } from '../answers.ts';
import { article, fleetOf, hostOf, severalStations } from './fleets.ts';

const old = fleetOf(article);
const fleet = fleetOf(article.replace('domain: example.com', 'domain: [example.net, example.com]'));
const block = (target: string): string => `# mailtun: begin\nroot: ${target}\n# mailtun: end\n`;
const FORMER = 'postmaster@example.com';
const WANTED = 'postmaster@example.net';

/** @param own whether the host accepts the new recipients. @param gateway of which state the gateway is known to be. */
function judged(name: string, text: string, own: typeof fleet, gateway: typeof fleet | null) {
  const host = hostOf(fleet, name);
  const known = gateway ? wantedHops(hostOf(gateway, 'carinho'), gateway) : undefined;
  const rootMail = rootMailOf(host, fleet, wantedHops(hostOf(own, name), own), known);
  const resource = aliases.resources(host, { ...fleet, rootMail }).find(({ id }) => id === ALIASES);
  return () => resource?.judge(observing([plainFile(ALIASES, text)]), world())?.diff?.after ?? null;
}

describe("root's alias", () => {
  it('stays while the host itself refuses the new recipient', () => {
    expect(judged('namorar', block(FORMER), old, old)).toThrow(HeldBack);
    expect(judged('namorar', block(FORMER), old, old)).toThrow(
      `root's mail to ${WANTED}: held back until carinho is changed as well`,
    );
    expect(judged('namorar', block(FORMER), fleet, old)()).toBe(block(WANTED));
  });
  it('stays on a workstation while the gateway refuses it, or cannot be asked', () => {
    const before = fleetOf(severalStations);
    const after = fleetOf(severalStations.replace('domain: example.com', 'domain: [example.net, example.com]'));
    const host = hostOf(after, 'desk');
    const of = (gateway?: ReturnType<typeof wantedHops>) => {
      const rootMail = rootMailOf(host, after, wantedHops(host, after), gateway);
      const resource = aliases.resources(host, { ...after, rootMail }).find(({ id }) => id === ALIASES);
      return resource?.judge(observing([plainFile(ALIASES, block(FORMER))]), world())?.diff?.after;
    };
    expect(() => of(wantedHops(hostOf(before, 'carinho'), before))).toThrow(HeldBack);
    expect(() => of()).toThrow(HeldBack);
    expect(of(wantedHops(hostOf(after, 'carinho'), after))).toBe(block(WANTED));
  });
  it('is written where none is, and where neither is accepted', () => {
    expect(judged('namorar', '', old, old)()).toBe(block(WANTED));
    expect(judged('namorar', block('gone@example.com'), old, old)()).toBe(block(WANTED));
  });
  it("is read in mailtun's block only", () => {
    expect([block(FORMER), 'root: jay\n', ''].map(rootTargetIn)).toEqual([FORMER, null, null]);
  });
});
