/** Ansible and pyinfra doing mailtun's work on the same lab hosts, each set up as its users would to make it fast. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from './converged.ts';
import { mustExit, type Program } from './measure.ts';
import { HOSTS, KEY, LAB, lab, type Site } from './site.ts';
import { type Work, workOf } from './work.ts';

/** What could not be had, and why, for the table's notes. */
export interface Others {
  readonly contenders: readonly Contender[];
  /** What they say of themselves: `ansible-playbook [core 2.14.18]`. */
  readonly versions: readonly string[];
  readonly missing: readonly string[];
}

export const NOBODY: Others = { contenders: [], versions: [], missing: [] };

export function others(): Others {
  const ansible = has('ansible-playbook') || debianInstalls('ansible-core');
  const pyinfra = process.env.PYINFRA ?? 'pyinfra';
  const missing: string[] = [];
  if (!ansible) missing.push("Ansible is not installed and Debian's package of it could not be had: ansible-core");
  if (!has(pyinfra))
    missing.push('pyinfra is not installed and Debian has no package of it (PYINFRA names its program)');
  return {
    contenders: [
      ...(ansible ? [ansibleContender(true), ansibleContender(false)] : []),
      ...(has(pyinfra) ? [pyinfraContender(pyinfra)] : []),
    ],
    versions: [...(ansible ? [versionOf('ansible-playbook')] : []), ...(has(pyinfra) ? [versionOf(pyinfra)] : [])],
    missing,
  };
}

const versionOf = (program: string): string =>
  execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')[0]
    ?.trim() ?? '';

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The comparison is with what Debian has; nothing else of this machine changes. */
function debianInstalls(name: string): boolean {
  process.stderr.write(`bench: apt-get install ${name}\n`);
  try {
    const line = `apt-get -qq update && apt-get -qq install -y --no-install-recommends ${name}`;
    execFileSync('sh', ['-c', line], { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return true;
  } catch {
    return false;
  }
}

/**
 * Ansible's modules are Python, which OpenBSD's base has not: this machine's own goes to /bench on the lab's hosts, for
 * Ansible alone, where it is not there yet.
 */
function givePython(): void {
  const version = readdirSync('/usr/lib').find(name => /^python3\.\d+$/.test(name)) ?? 'python3';
  const libraries = ['libexpat.so.1', 'libz.so.1'].map(name => `lib/x86_64-linux-gnu/${name}`);
  const tar =
    `tar -ch --exclude=test --exclude='*.a' --transform 's,^usr/,bench/,' --transform 's,^lib/x86_64-linux-gnu,bench/lib,' ` +
    `-f - -C / usr/bin/${version} usr/lib/${version} ${libraries.filter(path => existsSync(`/${path}`)).join(' ')}`;
  for (const host of HOSTS) {
    const there = `scripts/lab exec ${host} -- /.lab/usr/bin`;
    if (lab('exec', host, '--', 'sh', '-c', 'ls /bench/bin/python3 2>/dev/null; true') !== '') continue;
    execFileSync('sh', ['-c', `${tar} | ${there}/tar -xf - -C / && ${there}/ln -sf ${version} /bench/bin/python3`], {
      env: { ...process.env, LAB },
    });
  }
}

/** @param looks whether it looks at what runs as well, which mailtun does and few playbooks do. */
function ansibleContender(looks: boolean): Contender {
  // Connections that runs leave open are there for the next ones, as ControlPersist means it.
  const program = (site: Site, sockets = join(site.folder, 'cp')): Program => {
    const work = workOf(site.inventory);
    const hosts = Object.fromEntries(HOSTS.map(name => [name, forAnsible(work[name])]));
    const vars = { ansible_python_interpreter: '/bench/bin/python3', ansible_user: 'root' };
    writeFileSync(join(site.folder, 'ansible.json'), JSON.stringify({ all: { hosts, vars } }));
    mkdirSync(sockets, { recursive: true });
    return {
      words: [
        'ansible-playbook',
        ...(looks ? [] : ['-e', '{"work_checks": []}']),
        '-i',
        join(site.folder, 'ansible.json'),
        'test/bench/others/site.yaml',
      ],
      env: {
        ANSIBLE_PIPELINING: '1',
        ANSIBLE_FORKS: '10',
        ANSIBLE_GATHERING: 'explicit',
        ANSIBLE_SSH_ARGS: `-F ${site.sshConfig} -o ControlMaster=auto -o ControlPersist=600s -o ControlPath=${sockets}/%C`,
        ANSIBLE_INVENTORY_ENABLED: 'yaml',
        ANSIBLE_NOCOLOR: '1',
      },
    };
  };
  return {
    name: looks ? 'Ansible' : 'Ansible, files only',
    rival: looks ? 'Ansible' : null,
    program,
    async converged(site: Site): Promise<number> {
      givePython();
      const { milliseconds, stdout } = await mustExit(program(site));
      if (!/changed=0 .*failed=0/.test(stdout) || /changed=[1-9]/.test(stdout))
        throw new Error(`Ansible found something to change on converged hosts:\n${stdout}`);
      return milliseconds;
    },
    async first(site: Site): Promise<number> {
      givePython();
      // A bare host has nobody's connection open.
      return (await mustExit(program(site, mkdtempSync(join(site.folder, 'cp-'))))).milliseconds;
    },
  };
}

/** Variables of a host. Public parts of other hosts are templates there, filled from what was registered. */
function forAnsible(work: Work | undefined): Readonly<Record<string, unknown>> {
  if (!work) throw new Error('a host of the lab is not in the inventory');
  const published = (host: string, key: string): string =>
    `{{ (hostvars['${host}'].published.results | selectattr('item.key', 'equalto', '${key}') | first).stdout }}`;
  const content = (text: string): string => {
    if (/\{[{%#]/.test(text)) throw new Error(`Ansible would take this for a template: ${text}`);
    return text.replace(/\(([^()\n]+) of (\w+)\)/g, (_, key, host) => published(host, key));
  };
  const { files, ...rest } = work;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, items]) => [`work_${name}`, items])),
    whole_files: files.map(file => ({ ...file, content: content(file.content) })),
  };
}

function pyinfraContender(pyinfra: string): Contender {
  const program = (site: Site, stage: 'makes' | 'rest' = 'rest', apply: 'yes' | 'no' = 'no'): Program => {
    writeFileSync(join(site.folder, 'work.json'), JSON.stringify(workOf(site.inventory)));
    writeFileSync(join(site.folder, 'inventory.py'), pyinfraInventory(site));
    return {
      words: [pyinfra, join(site.folder, 'inventory.py'), `${process.cwd()}/test/bench/others/deploy.py`],
      env: { WORK: join(site.folder, 'work.json'), STAGE: stage, APPLY: apply, PYINFRA_YES: '1' },
      cwd: site.folder,
    };
  };
  return {
    name: 'pyinfra',
    rival: 'pyinfra',
    program,
    async converged(site: Site): Promise<number> {
      const { milliseconds, stdout, stderr } = await mustExit(program(site));
      if (/\] +Success$/m.test(stdout + stderr))
        throw new Error(`pyinfra found something to change on converged hosts:\n${stdout}${stderr}`);
      return milliseconds;
    },
    /** Twice, for it looks at all hosts before it changes any. */
    async first(site: Site): Promise<number> {
      const makes = await mustExit(program(site, 'makes'));
      const rest = await mustExit(program(site, 'rest', 'yes'));
      return makes.milliseconds + rest.milliseconds;
    },
  };
}

const pyinfraInventory = (site: Site): string =>
  `hosts = [${HOSTS.map(
    name =>
      `("${name}", {"ssh_hostname": "127.0.0.1", "ssh_port": ${site.lines.get(name)?.port}, "ssh_user": "root", ` +
      `"ssh_key": "${KEY}", "ssh_known_hosts_file": "${site.knownHosts}"})`,
  ).join(', ')}]\n`;
