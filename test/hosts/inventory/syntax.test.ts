import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const yaml: Bad[] = [
  {
    wrong: 'a tab as indentation',
    edits: [['  queue_ttl', '	queue_ttl']],
    says: ['inventory.yaml:6:1: a tab indents this line; indent with spaces'],
  },
  {
    wrong: 'a bracket that is not closed',
    edits: [['mx: [', 'mx: [[']],
    says: [
      'inventory.yaml:16:5: the indentation is wrong here, or a bracket above is not closed; close [ with ] and { with }, and use the same indentation for what belongs together',
    ],
  },
  {
    wrong: 'a quote that is not closed',
    edits: [['jay }\n', '"jay }\n']],
    says: [
      'inventory.yaml:27:1: something is missing here; close quotes, put a comma between entries and a blank after each colon',
    ],
  },
  {
    wrong: 'a value with a colon in it, unquoted',
    edits: [['queue_ttl: 20d', 'queue_ttl: mail: 20d']],
    says: [
      'inventory.yaml:6:14: a mapping begins where a single value is expected; put a value that contains ": " or ends in a colon in quotes, or begin a new line',
    ],
  },
  {
    wrong: 'a key twice',
    edits: [['  queue_ttl: 20d', '  queue_ttl: 20d\n  queue_ttl: 10d']],
    says: ['inventory.yaml:7:3: mail.queue_ttl: is listed twice; remove one of them'],
  },
  {
    wrong: 'a host twice',
    edits: [['  mimando:', '  carinho:']],
    says: ['inventory.yaml:23:3: hosts.carinho: is listed twice; remove one of them'],
  },
  {
    wrong: 'a key that is a number',
    edits: [['test: jay', '1000: jay']],
    says: [
      'inventory.yaml:4:17: mail.recipients: 1000 is not a valid key; write a word before the colon; a number goes in quotes',
    ],
  },
  {
    wrong: 'a second document',
    edits: [['hosts:', '---\nhosts:']],
    says: ['inventory.yaml:9:1: a second document begins here; a file contains one inventory; remove the ---'],
  },
  {
    wrong: 'an alias without an anchor',
    edits: [['20d', '*ttl']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: this alias (*…) has no anchor above it; put a word with a * in quotes',
    ],
  },
  {
    wrong: 'a tag',
    edits: [['20d', '!!binary 20d']],
    says: ['inventory.yaml:6:23: mail.queue_ttl: has a tag (!…) that is not supported; remove the tag'],
  },
  {
    wrong: 'an escape that YAML does not know',
    edits: [['20d', '"20\\d"']],
    says: [
      'inventory.yaml:6:17: this is not an escape sequence of YAML; use single quotes, or write \\\\ for a backslash',
    ],
  },
  {
    wrong: 'a value that begins with @',
    edits: [['ssh: carinho.lan', 'ssh: @carinho.lan']],
    says: ['inventory.yaml:20:10: a value cannot begin with this character; put the value in quotes'],
  },
  {
    wrong: 'a merge of something that is no mapping',
    edits: [['    role: gateway', '    role: gateway\n    <<: [carinho]']],
    says: ['inventory.yaml:20:10: hosts.carinho."<<": only mappings can be merged; write <<: *anchor'],
  },
  {
    wrong: 'a key called __proto__',
    edits: [['    role: gateway', '    role: gateway\n    __proto__: {}']],
    says: [
      'inventory.yaml:20:5: hosts.carinho: "__proto__" is not a valid key; write a word before the colon; a number goes in quotes',
    ],
  },
];

test.each(yaml)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

const unreadable = [
  {
    what: 'an empty file',
    text: '',
    says: 'inventory.yaml:1:1: the file is empty; begin with domain: example.com; mailtun init writes a first inventory',
  },
  {
    what: 'a file of comments',
    text: '# domain: example.com\n',
    says: 'inventory.yaml:1:1: the file is empty; begin with domain: example.com; mailtun init writes a first inventory',
  },
  {
    what: 'a list',
    text: '- domain: example.com\n',
    says: 'inventory.yaml:1:1: this is not a mapping of keys to values; begin with domain: example.com; mailtun init writes a first inventory',
  },
  {
    what: 'a word',
    text: 'inventory\n',
    says: 'inventory.yaml:1:1: this is not a mapping of keys to values; begin with domain: example.com; mailtun init writes a first inventory',
  },
  {
    what: 'a line of nested keys',
    text: `#\n${'a: '.repeat(65)}`,
    says: 'inventory.yaml:2:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'nested keys in brackets on many lines',
    text: `[${'a:\n'.repeat(65)}`,
    says: 'inventory.yaml:65:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'a hundred brackets',
    text: `a:\n  ${'['.repeat(100)}`,
    says: 'inventory.yaml:2:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'brackets that are closed on the same line',
    text: '['.repeat(100) + ']'.repeat(100),
    says: 'inventory.yaml:1:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'an indentation of 201 blanks',
    text: `${' '.repeat(201)}a: 1`,
    says: 'inventory.yaml:1:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'a hundred and one dashes in a row',
    text: '- '.repeat(101),
    says: 'inventory.yaml:1:1: this is nested too deeply; an inventory has only a few levels',
  },
  {
    what: 'more than a megabyte',
    text: '#\n'.repeat(600_000),
    says: 'inventory.yaml:1:1: the file is larger than a megabyte; the file must contain nothing but the inventory',
  },
  {
    what: 'aliases that multiply',
    text: multiplying(),
    says: 'inventory.yaml:2:9: aliases expand to too many values; write the value out',
  },
  {
    what: 'aliases that nest',
    text: nesting(),
    says: 'inventory.yaml:2:49: aliases expand to too many values; write the value out',
  },
];

test.each(unreadable)('$what is not an inventory', ({ text, says }) => {
  expect(complaints(text)).toEqual([says]);
});

/** Ten times as much with each line. */
function multiplying(): string {
  const tenTimes = (value: string) => `[${Array(10).fill(value).join(', ')}]`;
  const lines = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} ${tenTimes(`*a${level}`)}`);
  return ['a0: &a0 x', ...lines].join('\n');
}

/** Sixty levels deeper with each line. */
function nesting(): string {
  const deeper = (value: string) => '['.repeat(60) + value + ']'.repeat(60);
  const lines = Array.from({ length: 60 }, (_, level) => `a${level + 1}: &a${level + 1} ${deeper(`*a${level}`)}`);
  return ['a0: &a0 x', ...lines].join('\n');
}

test('a value cannot contain itself', () => {
  expect(complaints(edited(article, ['domain: example.com', 'domain: &self [*self]']))).toEqual([
    'inventory.yaml:1:16: domain[0]: this alias (*…) has no anchor above it; put a word with a * in quotes',
  ]);
});

test('a plain-text password is not repeated, however wrong the text around it', () => {
  const texts = [
    '*hunter2',
    '@hunter2',
    '"hunter2\\q"',
    '"hunter2',
    '{ hunter2',
    'x: hunter2',
    '!hunter2 x',
    '[hunter2]',
    '{ plain: hunter2 }',
  ];
  for (const text of texts) {
    const said = complaints(
      edited(article, ['  credentials: { user: mailuser }', `  credentials:\n    password: ${text}`]),
    );
    expect(said.join('\n'), text).not.toContain('hunter2');
  }
});

test.each([
  [
    'UTF-16',
    Buffer.from(`\ufeff${article}`, 'utf16le').toString('utf8'),
    'there is a NUL character, as in UTF-16 text; save the file as UTF-8',
  ],
  [
    'old carriage returns',
    article.replaceAll('\n', '\r'),
    'all lines end with a carriage return alone; end them with a line feed',
  ],
])('a text of %s is reported as such', (_, text, says) => {
  expect(complaints(text)).toEqual([expect.stringMatching(new RegExp(`^inventory\\.yaml:1:\\d+: ${says}$`))]);
});
