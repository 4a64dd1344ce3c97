import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

interface Import {
  readonly from: string;
  /** A path below src, or a package's name. */
  readonly to: string;
}

const imports: readonly Import[] = files.flatMap(file => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from |import\()'([^']+)'/g)].map(([, to = '']) => ({
    from: file,
    to: to.startsWith('.') ? relative(root, join(root, dirname(file), to)) : to,
  }));
});

const folder = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '.');

/** Which folders a folder may look into, and why no others. */
const MAY_IMPORT: Readonly<Record<string, { readonly folders: readonly string[]; readonly because: string }>> = {
  codes: { folders: [], because: 'a code is a word of the contract, and knows nothing of who uses it' },
  run: { folders: ['codes'], because: 'the frame knows no mail and no ssh: it could serve another tool' },
  facts: { folders: ['run'], because: 'a fact is a command and a parser, whatever is made of it' },
  hosts: { folders: ['codes', 'run'], because: 'the way to a host does not know what is done there' },
  resources: {
    folders: ['codes', 'run', 'facts'],
    because: 'the kinds of thing a host can have know no inventory',
  },
  tasks: {
    folders: ['codes', 'run', 'hosts', 'facts', 'resources'],
    because: 'tasks turn an inventory into resources',
  },
  checks: {
    folders: ['codes', 'run', 'hosts', 'facts', 'resources', 'tasks'],
    because: 'judging how things stand is no command and shows nothing itself',
  },
  report: {
    folders: ['codes', 'run', 'checks', 'hosts', 'facts', 'tasks'],
    because: 'a report shows what has been found and finds nothing out',
  },
  commands: {
    folders: ['codes', 'run', 'checks', 'hosts', 'facts', 'report', 'resources', 'tasks'],
    because: 'commands tie the rest together',
  },
  '.': {
    folders: ['codes', 'commands', 'run', 'report'],
    because: 'the command line only hands over, and shows a Failure',
  },
};

describe('imports point one way', () => {
  it.each(Object.entries(MAY_IMPORT))('from src/%s', (name, { folders, because }) => {
    const strays = imports
      .filter(({ from, to }) => folder(from) === name && files.includes(to))
      .filter(({ to }) => folder(to) !== name && !folders.includes(folder(to)))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(strays, because).toEqual([]);
  });

  it('and never in a circle, types included', () => {
    const targets = new Map<string, readonly string[]>(
      files.map(file => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]),
    );
    const done = new Set<string>();
    const circleFrom = (file: string, trail: readonly string[]): readonly string[] => {
      if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
      if (done.has(file)) return [];
      for (const to of targets.get(file) ?? []) {
        const circle = circleFrom(to, [...trail, file]);
        if (circle.length > 0) return circle;
      }
      done.add(file);
      return [];
    };
    expect(files.map(file => circleFrom(file, [])).find(circle => circle.length > 0) ?? []).toEqual([]);
  });

  it('and every folder has a rule', () => {
    expect([...new Set(files.map(folder))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('as docs/architecture.md says', () => {
    const text = readFileSync(join(root, '..', 'docs', 'architecture.md'), 'utf8');
    const wordsOf = (cell: string): readonly string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    const said = [...text.matchAll(/^\| `src\/(\w+)` \|.*\| (?!everything)([^|]*) \|$/gm)].map(([, name, cell = '']) =>
      [name, ...wordsOf(cell).toSorted()].join(' '),
    );
    const rules = Object.entries(MAY_IMPORT)
      .filter(([name]) => name !== '.' && name !== 'commands')
      .map(([name, { folders }]) => [name, ...folders.filter(to => to !== 'codes').toSorted()].join(' '));
    expect(said.toSorted()).toEqual(rules.toSorted());
  });
});

describe('the frame', () => {
  it('has no word of mail, wg(4) or pf(4), not even in shell text', () => {
    const words =
      /smtp|\bmail(?!tun)|maildir|\bwg|wireguard|\bpf|ifconfig|netstart|tunnel|anchor|KEY_|hostname\.|\bpeer|\bpacket/gi;
    const found = files
      .filter(file => folder(file) === 'run')
      .flatMap(file => (readFileSync(join(root, file), 'utf8').match(words) ?? []).map(word => `${file}: ${word}`));
    expect(found, 'resources bring what keep, restore, proof and undo need').toEqual([]);
  });
});

describe('comments', () => {
  it('name a manual page or a source file, not a number of the fact sheet', () => {
    const cite = /\b(?:facts \d|design:? chapter)/;
    expect(files.filter(file => cite.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});

describe('checks', () => {
  it('have no shell: what is run on a host is a fact', () => {
    const shell = imports.filter(
      ({ from, to }) => folder(from) === 'checks' && /^run\/(command|quoting)\.ts$/.test(to),
    );
    expect(shell).toEqual([]);
  });

  it('read no output: a fact and a probe bring what is in it', () => {
    const readers = files.filter(
      file =>
        folder(file) === 'checks' &&
        /\b(?:parse|read)[A-Z]\w*\b|\.stdout\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });
});

describe('what a host is asked', () => {
  it('is a fact: a command or script and its parser, in a file of src/facts', () => {
    const text = (file: string): string => readFileSync(join(root, file), 'utf8');
    const above = files.filter(file => !['facts', 'run'].includes(folder(file)));
    expect(above.filter(file => /kind: 'run'|(?<![.\w])fact\(/.test(text(file)))).toEqual([]);
    const judging = above.filter(file => ['resources', 'tasks', 'checks', 'report'].includes(folder(file)));
    expect(judging.filter(file => /\.stdout\b/.test(text(file)))).toEqual([]);
  });
});

describe('before hosts are connected to', () => {
  /** What is loaded with a file; not what is only a type, or is asked for later. */
  const loadedWith = (file: string, loaded = new Set<string>()): ReadonlySet<string> => {
    if (loaded.has(file) || !files.includes(file)) return loaded;
    loaded.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, to = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm))
      loadedWith(relative(root, join(root, dirname(file), to)), loaded);
    return loaded;
  };

  it.each(['commands/provision.ts', 'commands/status.ts'])('%s loads the inventory, not what is judged', file => {
    const loaded = [...loadedWith(file)];
    expect(loaded).toContain('hosts/connect.ts');
    const early = loaded.filter(
      one => /^(checks|report)\//.test(one) || /^tasks\/(all|smtpd)\.ts$|^run\/(converge|judge)\.ts$/.test(one),
    );
    expect(early).toEqual([]);
  });
});

/** Where a third-party package is at home. */
const HOMES: Readonly<Record<string, RegExp>> = {
  commander: /^(cli|program)\.ts$|^commands\/completion\.ts$|^report\/completion-scripts\.ts$/,
  diff: /^report\/diff\.ts$/,
  execa: /^hosts\//,
  listr2: /^report\/terminal-progress\.ts$/,
  ssh2: /^hosts\/ssh\//,
  yaml: /^hosts\/inventory/,
  zod: /^hosts\/inventory\/|^commands\/schema\.ts$/,
};

describe('each package is imported in one place', () => {
  it.each(Object.entries(HOMES))('%s', (name, home) => {
    const strays = imports.filter(({ from, to }) => (to === name || to.startsWith(`${name}/`)) && !home.test(from));
    expect(strays.map(({ from }) => from)).toEqual([]);
  });

  it('and no other package is imported', () => {
    const packages = imports.map(({ to }) => to).filter(to => !files.includes(to) && !to.startsWith('node:'));
    expect([...new Set(packages.map(name => name.split('/')[0]))].sort()).toEqual(Object.keys(HOMES).sort());
  });
});

describe('tasks, resources, judgements, parsers and the frame', () => {
  it('do no I/O of their own', () => {
    const pure = ['run', 'checks', 'facts', 'resources', 'tasks'];
    const io = imports.filter(
      ({ from, to }) => pure.includes(folder(from)) && /^node:(fs|child_process|dns|http)/.test(to),
    );
    expect(io.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('have at most 200 lines in a file', () => {
    const large = files.filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 201);
    expect(large).toEqual([]);
  });
});

describe('the lab', () => {
  const lab = join(import.meta.dirname, 'lab');
  const below = (folder: string): readonly string[] =>
    readdirSync(join(lab, folder), { recursive: true, encoding: 'utf8' });

  it('is a machine, its driver and scenarios', () => {
    expect(readdirSync(lab).sort()).toEqual(['README.md', 'driver', 'machine', 'scenarios']);
    expect(below('machine').filter(file => file.endsWith('.ts'))).toEqual([]);
  });

  it('has a driver that knows no scenario', () => {
    const strays = below('driver').filter(file =>
      /(?:from |import\()'[^']*\b(?:scenarios|vitest\.config)\b/.test(readFileSync(join(lab, 'driver', file), 'utf8')),
    );
    expect(strays).toEqual([]);
    expect(below('driver').filter(file => file.endsWith('.test.ts'))).toEqual([]);
  });
});
