import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compiledCode } from '../../src/compiled-code.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const built = mkdtempSync(join(tmpdir(), 'mailtun-built-'));
let folder: string;
let dist: string;
const inDist = (name: string): string => join(dist, name);

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', built]);
}, 60_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-compiled-'));
  dist = join(folder, 'dist');
  cpSync(built, dist, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parts = (): readonly string[] => readdirSync(dist).filter(name => /\.js$/.test(name) && name !== 'mailtun.js');

const BOOM = ';function boom(){throw new Error("a bug")}})\n';

/** The compiled code that is used, by the name of the part. */
function used(): readonly string[] {
  const codeOf = compiledCode(inDist('compiled-code'));
  return parts().filter(name => codeOf(`./${name}`, readFileSync(inDist(name))) !== undefined);
}

function changeCode(change: (content: Buffer, firstLine: number) => Buffer): void {
  const content = readFileSync(inDist('compiled-code'));
  writeFileSync(inDist('compiled-code'), change(content, content.indexOf('\n')));
}

const garbled = (content: Buffer, at: number): Buffer => {
  const copy = Buffer.from(content);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
};

/** @param options of Node, before the program's name. */
function works(...options: readonly string[]): void {
  const run = (...words: readonly string[]): string =>
    execFileSync(process.execPath, [...options, inDist('mailtun.js'), ...words], { encoding: 'utf8' });
  expect(run('--version')).toBe(`${version}\n`);
  expect(JSON.parse(run('schema'))).toHaveProperty('$schema');
}

test('V8 accepts the compiled code of every part, in the node that built it', () => {
  const codeOf = compiledCode(inDist('compiled-code'));
  expect(parts().length).toBeGreaterThan(20);
  const rejected = parts().filter(name => {
    const source = readFileSync(inDist(name));
    const cachedData = codeOf(`./${name}`, source);
    return cachedData && new Script(source.toString('latin1'), { filename: name, cachedData }).cachedDataRejected;
  });
  expect([used(), rejected]).toEqual([parts(), []]);
  works();
});

describe('mailtun starts without compiled code if', () => {
  test('there is none', () => {
    rmSync(inDist('compiled-code'));
    expect(used()).toEqual([]);
    works();
  });

  test('it is for another node, by version or by build', () => {
    const line = readFileSync(inDist('compiled-code')).toString('latin1').split('\n', 1)[0] ?? '';
    expect(line).toContain(`"${process.version} ${process.platform} ${process.arch} `);
    for (const other of [line.replace(process.version, 'v20.0.0'), line.replace(/\d+(?=")/, '1')]) {
      changeCode((content, end) => Buffer.concat([Buffer.from(other), content.subarray(end)]));
      expect(used()).toEqual([]);
      works();
    }
  });

  test('V8 is started with flags that make other code', () => works('--no-opt', '--no-lazy'));

  test('its first line is damaged, or it is another file', () => {
    const whole = readFileSync(inDist('compiled-code'));
    for (const at of [0, 3, whole.indexOf('"parts"') + 2]) {
      writeFileSync(inDist('compiled-code'), garbled(whole, at));
      works();
    }
    for (const content of ['', '\n', 'null\n', '{}\n', 'x'.repeat(70_000)]) {
      writeFileSync(inDist('compiled-code'), content);
      expect(used()).toEqual([]);
      works();
    }
  });
});

describe('damaged code is not used:', () => {
  test('one byte of compiled code differs', () => {
    // V8 would crash, or worse.
    changeCode((content, end) => {
      const { parts: places } = JSON.parse(content.toString('latin1', 0, end));
      return Object.values<{ at: number; length: number }>(places).reduce(
        (damaged, { at, length }) => garbled(damaged, end + 1 + at + Math.floor(length / 2)),
        content,
      );
    });
    expect(used()).toEqual([]);
    works();
  });

  test('its end is missing', () => {
    truncateSync(inDist('compiled-code'), Math.floor(readFileSync(inDist('compiled-code')).length / 2));
    expect(used().length).toBeLessThan(parts().length);
    works();
  });

  test('a part has the same length and another text', () => {
    const name = parts().find(one => one.startsWith('schema-')) ?? '';
    const text = readFileSync(inDist(name), 'utf8');
    writeFileSync(inDist(name), text.replace('schemaText', 'schemaTexT'));
    expect(used()).toEqual(parts().filter(one => one !== name));
  });
});

test('nothing is written at run time, and a link to the program starts it', () => {
  const before = readdirSync(dist);
  works();
  symlinkSync(inDist('mailtun.js'), join(folder, 'mailtun'));
  expect(execFileSync(join(folder, 'mailtun'), ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  expect(readdirSync(dist)).toEqual(before);
});

test('the stack of a bug names the file and the function', () => {
  const name = parts().find(one => one.startsWith('schema-')) ?? '';
  const text = readFileSync(inDist(name), 'utf8');
  writeFileSync(inDist(name), text.replace(/schemaText=\(\)=>/, '$&boom()||').replace(/\}\)\n$/, BOOM));
  const { stderr } = spawnSync(process.execPath, [inDist('mailtun.js'), 'schema'], { encoding: 'utf8' });
  expect(stderr).toMatch(
    new RegExp(`Error: a bug\\n    at boom \\(${inDist(name)}:\\d+:\\d+\\)\\n    at schemaText \\(${inDist(name)}:`),
  );
});

test('and it does so in compiled code', () => {
  const boom = join(folder, 'boom.cjs');
  // Of the whole schema alone: what makes it copies defaults with the same function.
  const text =
    'const { stringify } = JSON; JSON.stringify = one => { if (one?.$schema) throw new Error("a bug"); return stringify(one); };';
  writeFileSync(boom, text);
  const program = [inDist('mailtun.js'), 'schema'];
  const { stderr } = spawnSync(process.execPath, ['--require', boom, ...program], { encoding: 'utf8' });
  expect(stderr).toMatch(/^ {4}at schemaText \(.*schema-\w+\.js:\d+:\d+\)$/m);
});
