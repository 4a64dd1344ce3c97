import { describe, expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const ways: Bad[] = [
  {
    wrong: 'an option instead of a host',
    edits: [['ssh: carinho.lan', 'ssh: -oProxyCommand=reboot']],
    says: [
      'inventory.yaml:20:10: hosts.carinho.ssh: "-oProxyCommand=reboot" is not a destination for ssh; write local, or what is typed after ssh: a host, user@host or ssh://user@host:port',
    ],
  },
  {
    wrong: 'a host with a port behind a colon',
    edits: [['ssh: carinho.lan', 'ssh: root@carinho.lan:2222']],
    says: [
      'inventory.yaml:20:10: hosts.carinho.ssh: "root@carinho.lan:2222" is not a destination for ssh; for a port write ssh://root@carinho.lan:2222 or { host: …, port: … }',
    ],
  },
  {
    wrong: 'a port too high in a URL',
    edits: [['ssh: carinho.lan', 'ssh: ssh://carinho.lan:65536']],
    says: [
      'inventory.yaml:20:10: hosts.carinho.ssh: "ssh://carinho.lan:65536" is not a destination for ssh; write local, or what is typed after ssh: a host, user@host or ssh://user@host:port',
    ],
  },
  {
    wrong: 'a host with a command in it',
    edits: [['ssh: carinho.lan', 'ssh: carinho.lan reboot']],
    says: [
      'inventory.yaml:20:10: hosts.carinho.ssh: "carinho.lan reboot" is not a destination for ssh; write local, or what is typed after ssh: a host, user@host or ssh://user@host:port',
    ],
  },
  {
    wrong: 'no ssh',
    edits: [['    ssh: carinho.lan\n', '']],
    says: [
      'inventory.yaml:18:3: hosts.carinho.ssh: missing; write local, or what is typed after ssh: a host, user@host or ssh://user@host:port',
    ],
  },
  {
    wrong: 'a user with a space',
    edits: [['ssh: carinho.lan', 'ssh: { host: carinho.lan, user: a b }']],
    says: [
      'inventory.yaml:20:37: hosts.carinho.ssh.user: "a b" is not a user name for ssh; use letters, digits, dots, hyphens and underscores, no hyphen first',
    ],
  },
  {
    wrong: 'sudo',
    edits: [['ssh: carinho.lan', 'ssh: { host: carinho.lan, become: sudo }']],
    says: ['inventory.yaml:20:39: hosts.carinho.ssh.become: "sudo" is not doas; write doas'],
  },
  {
    wrong: 'an MD5 fingerprint',
    edits: [['ssh: carinho.lan', 'ssh: { host: carinho.lan, host_key: "MD5:16:27:ac:a5" }']],
    says: [
      'inventory.yaml:20:41: hosts.carinho.ssh.host_key: "MD5:16:27:ac:a5" is not the fingerprint of a host key; write SHA256: and 43 characters, as printed on the host by ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub',
    ],
  },
  {
    wrong: 'a jump over itself',
    edits: [['jump: carinho', 'jump: mimando']],
    says: ['inventory.yaml:25:37: hosts.mimando.ssh.jump: "mimando" is this host itself; write namorar or carinho'],
  },
  {
    wrong: 'a jump over a host that there is not',
    edits: [['jump: carinho', 'jump: carino']],
    says: [
      'inventory.yaml:25:37: hosts.mimando.ssh.jump: "carino" is not a host of this inventory; did you mean "carinho"?',
    ],
  },
  {
    wrong: 'a jump over this machine',
    edits: [['ssh: carinho.lan', 'ssh: local']],
    says: ['inventory.yaml:25:37: hosts.mimando.ssh.jump: "carinho" is this machine; remove jump'],
  },
  {
    wrong: 'jumps in a circle',
    edits: [['ssh: carinho.lan', 'ssh: { host: carinho.lan, jump: mimando }']],
    says: [
      'inventory.yaml:20:37: hosts.carinho.ssh.jump: the jumps form a loop: carinho, mimando, carinho; remove jump from one of them',
    ],
  },
  {
    wrong: 'two hosts on this machine',
    edits: [
      ['ssh: carinho.lan', 'ssh: local'],
      ['ssh: { host: mimando.lan, jump: carinho }', 'ssh: { host: local }'],
    ],
    says: [
      'inventory.yaml:25:10: hosts.mimando.ssh: carinho is already this machine; each host must be a separate machine',
    ],
  },
  {
    wrong: 'two hosts at one destination',
    edits: [['ssh: carinho.lan', 'ssh: root@NAMORAR.example.com']],
    says: [
      'inventory.yaml:20:10: hosts.carinho.ssh: namorar already has this address; each host must be a separate machine',
    ],
  },
  {
    wrong: 'a user for this machine',
    edits: [
      ['ssh: carinho.lan', 'ssh: { host: local, user: root }'],
      [', jump: carinho', ''],
    ],
    says: [
      'inventory.yaml:20:25: hosts.carinho.ssh.user: has no effect on this machine; with host: local only become is allowed',
    ],
  },
  {
    wrong: 'an identity file with a quote',
    edits: [['ssh: carinho.lan', `ssh: { host: carinho.lan, identity_file: "~/.ssh/id'rsa" }`]],
    says: [
      `inventory.yaml:20:46: hosts.carinho.ssh.identity_file: "~/.ssh/id'rsa" is not the path of a file; write a path on this machine, absolute, relative to the directory of the inventory, or beginning with ~/`,
    ],
  },
];

test.each(ways)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

describe("a relay's outbound name as its destination for ssh", () => {
  const at = (relay: string, gateway: string) =>
    article.replace('ssh: namorar.example.com', `ssh: ${relay}`).replace('ssh: carinho.lan', `ssh: ${gateway}`);
  test.each([
    ['mailtun runs on the gateway', at('smtp.example.com', 'local')],
    ['with a login, and the gateway behind doas', at('root@SMTP.example.com', '{ host: local, become: doas }')],
    ['the gateway is the jump host', at('{ host: smtp.example.com, jump: carinho }', 'carinho.lan')],
  ])('is refused where %s', (_, text) => {
    expect(complaints(text).join('\n')).toMatch(
      /hosts\.namorar\.ssh: "smtp\.example\.com" is namorar's outbound name, which carinho resolves to an address in the tunnel, where ssh is not passed; write an address, as in 192\.0\.2\.25, or another name/i,
    );
  });
  test.each([
    ['mailtun runs elsewhere, where DNS answers', at('smtp.example.com', 'carinho.lan')],
    [
      'the jump is no gateway',
      at('{ host: smtp.example.com, jump: mimando }', 'carinho.lan').replace('jump: carinho }', 'port: 22 }'),
    ],
    ['it is another name', at('namorar.example.com', 'local').replace('jump: carinho', 'port: 22')],
  ])('is accepted where %s', (_, text) => {
    expect(() => complaints(text)).toThrow('the inventory was accepted');
  });
});
