import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readInventory } from '../../src/hosts/inventory.ts';
import { sha256 } from '../../src/resources/file.ts';
import { HeldBack } from '../../src/run/resource.ts';
import { credentials, SECRETS } from '../../src/tasks/credentials.ts';
import { MAKE } from '../../src/tasks/credentials-scripts.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';
import { article } from '../hosts/inventories.ts';
import { pdksh } from '../hosts/shells.ts';
import { articleWith, fleetOf, hostOf } from './fleets.ts';

const HASH = `$2b$10$${'a'.repeat(53)}`;

/** What is to be done on the gateway where its file is `MODE OWNER:GROUP` and its host says this of the credentials. */
const judged = (file = '', ...said: readonly string[]) => judgedUsing(undefined, file, ...said);

/** @param used the users that its smtpd goes by. */
function judgedUsing(used: readonly string[] | undefined, file = '', ...said: readonly string[]) {
  const fleet = readInventory('inventory.yaml', article);
  const gateway = fleet.hosts.find(host => host.role === 'gateway');
  const inForce = used && gateway ? { inForce: { ...wantedHops(gateway, fleet), users: new Set(used) } } : {};
  const [resource] = gateway ? credentials.resources(gateway, { ...fleet, ...inForce }) : [];
  if (!resource) throw new Error('the article has a gateway');
  const [mode = '', owner = '', group = ''] = file.split(/[ :]/);
  const secrets = file === '' ? absent(SECRETS) : plainFile(SECRETS, '', { mode, owner, group });
  return resource.judge(observing([secrets], { 'the credentials': answer(`${said.join('\n')}\n`) }), world());
}

describe('the password on the gateway', () => {
  it('with its hash next to it is not changed', () => {
    expect(judged('0640 root:_smtpd', 'present', HASH)).toBeNull();
  });

  it('readable for all is closed; the hash is kept, so no other host and no daemon is affected', () => {
    const change = judged('0644 root:_smtpd', 'present', HASH);
    expect(change).toMatchObject({ resource: SECRETS, why: 'mode 0644, wanted 0640', rewrites: false });
    expect(change?.steps.map(step => step.command.args)).toEqual([[SECRETS, 'root:_smtpd', '0640']]);
  });

  it('without a hash is hashed, and other problems are reported with that', () => {
    expect(judged('0644 root:wheel', 'present')).toMatchObject({
      why: 'its hash is missing or older; mode 0644, wanted 0640; owner root:wheel, wanted root:_smtpd',
      rewrites: true,
    });
    expect(judged()?.why).toBe('no password of mailuser');
  });

  it('is changed together with the relays that know it, or not yet', () => {
    const own = fleetOf(articleWith('# password: { env', 'password: { env'));
    const gateway = hostOf(own, 'carinho');
    const judgedWith = (relayAway: string | undefined, sum: string) => {
      const [resource] = credentials.resources(gateway, { ...own, relayAway });
      const files = [plainFile(SECRETS, '', { mode: '0640', group: '_smtpd' })];
      const said = { 'the credentials': answer(`present\n${sum}\n${HASH}\n`) };
      return resource?.judge(observing(files, said), world({ inventory: { password: 'new' } }));
    };
    expect(judgedWith(undefined, sha256('mailuser:old'))?.why).toBe('the password differs from the inventory');
    expect(() => judgedWith('namorar', sha256('mailuser:old'))).toThrow(
      new HeldBack('the password of mailuser', 'namorar is changed as well'),
    );
    expect(judgedWith('namorar', sha256('mailuser:new'))).toBeNull();
  });

  it('of a former user is removed, but not while smtpd uses it or may use it', () => {
    const said = ['0640 root:_smtpd', 'present', HASH, 'other olduser'] as const;
    expect(judgedUsing(['mailuser'], ...said)?.why).toBe('olduser is no longer used');
    expect(judgedUsing(['olduser'], ...said)).toBeNull();
    expect(judged(...said)).toBeNull();
  });
});

describe('the table of a relay that is to do without TLS', () => {
  const articleWithout = { ...readInventory('inventory.yaml', article) };
  const fleet = { ...articleWithout, mail: { ...articleWithout.mail, tls: false } };
  const relay = fleet.hosts.find(host => host.role === 'relay');
  const judgedOn = (stillTls: boolean, ...files: ReturnType<typeof plainFile>[]) =>
    (relay ? credentials.resources(relay, { ...fleet, stillTls }) : []).map(resource =>
      resource.judge(observing(files), world()),
    );

  it('is made if it is missing while a host still uses TLS, for its smtpd.conf names it until then', () => {
    expect(judgedOn(true, absent(SECRETS))[0]).toMatchObject({ resource: SECRETS, why: 'missing' });
  });
  it('is left as it is where it is there', () => {
    const dress = { mode: '0640', owner: 'root', group: '_smtpd' };
    expect(judgedOn(true, plainFile(SECRETS, `mailuser\t${HASH}\n`, dress))).toEqual([null]);
  });
  it('is of no concern once no host uses TLS', () => {
    expect(judgedOn(false)).toEqual([]);
  });
});

describe('a gateway that becomes a relay', () => {
  const fleet = readInventory('inventory.yaml', article);
  const relay = hostOf(fleet, 'namorar');
  const dress = { mode: '0640', owner: 'root', group: '_smtpd' };
  const judged = (text: string) => {
    const [resource] = credentials.resources(relay, fleet);
    return resource?.judge(
      observing([plainFile(SECRETS, text, dress)], { 'shipped sums': answer('') }),
      world({ carinho: { 'password hash': HASH } }),
    );
  };

  /** The file that a gateway makes of another one. */
  const madeOf = (shell: string, before: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
    const [secrets, hash] = [join(folder, 'secrets'), join(folder, 'hash.mailuser')];
    const base = `is_lost() { return 1; }; stage() { :; }; chown() { :; }; smtpctl() { read -r line; echo hashed; }\n`;
    if (before !== '') writeFileSync(secrets, before);
    chmodSync(folder, 0o700);
    execFileSync(shell, ['-c', `${base}${MAKE}`, '-', 'mailuser', secrets, hash, 'word']);
    const made = readFileSync(`${secrets}.mailtun.unfinished`, 'utf8');
    rmSync(folder, { recursive: true });
    return made;
  };

  test.each(pdksh)('needs no leave to replace what mailtun made (%s)', shell => {
    expect(madeOf(shell, '')).toBe(
      '# Written by mailtun for this gateway to authenticate with.\nmailuser mailuser:word\n',
    );
    expect(judged(madeOf(shell, ''))).toMatchObject({ resource: SECRETS, takesOver: null });
  });

  test.each(pdksh)('needs leave where somebody had a table before (%s)', shell => {
    expect(madeOf(shell, 'other other:secret\n')).toBe('other other:secret\nmailuser mailuser:word\n');
    expect(judged(madeOf(shell, 'other other:secret\n'))?.takesOver).toBe(SECRETS);
  });

  it('does not take a password for the hash of a gateway that cannot be asked', () => {
    const [resource] = credentials.resources(relay, fleet);
    const recalled = (text: string) => resource?.recall?.(observing([plainFile(SECRETS, text, dress)]));
    expect(recalled('mailuser mailuser:word\n')).toEqual(new Map());
    expect(recalled(`mailuser\t${HASH}\n`)).toEqual(new Map([['carinho', { 'password hash': HASH }]]));
  });
});
