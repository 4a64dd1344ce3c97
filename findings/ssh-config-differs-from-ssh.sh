#!/bin/sh
# ssh-config (npm) and its fork compute another port, user or environment for a host than ssh(1) does from the same file.
#
# One would guess: compute() answers as ssh(1) would; most of ssh_config(5), Match included, it does.
# It is: patterns of Host are parted by blanks only, and ssh-config also parts them at commas, so `Host relay,other`,
# which matches nothing in ssh, gives its Port to relay. Of several SendEnv lines, which add up, it keeps the first. The
# fork @jeanp413/ssh-config takes a comment behind a value into the value (ssh since 8.5 does not), and knows no
# keyword in small letters, although they are case-insensitive.
# Needs ssh(1), 8.5 or later.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ssh-config@5.3.0 @jeanp413/ssh-config@4.3.1 >/dev/null
cat >run.cjs <<'JS'
const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const show = (lines, key) => {
  const text = [...lines, ''].join('\n');
  writeFileSync('config', text);
  const ssh = execFileSync('ssh', ['-G', '-F', 'config', 'relay'], { encoding: 'utf8', stdio: 'pipe' })
    .split('\n').filter(line => line.startsWith(`${key} `)).map(line => line.slice(key.length + 1)).join(' ');
  const found = name => {
    const loaded = require(name);
    const computed = (loaded.default ?? loaded).parse(text).compute('relay', { ignoreCase: true });
    return Object.entries(computed).filter(([word]) => word.toLowerCase() === key).flatMap(([, value]) => value).join(' ') || 'none';
  };
  console.log(`${lines.map(line => line.trim()).join('; ')}: ssh "${ssh}", ssh-config "${found('ssh-config')}", fork "${found('@jeanp413/ssh-config')}"`);
};
show(['Host relay,other', '  Port 2222'], 'port');
show(['Host relay', '  SendEnv LANG', '  SendEnv TZ'], 'sendenv');
show(['Host relay', '  User jay # not root'], 'user');
show(['host relay', '  user jay'], 'user');
JS
for name in ssh-config @jeanp413/ssh-config; do echo "$name $(node -p "require('./node_modules/$name/package.json').version")"; done
ssh -V
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'Host relay,other; Port 2222: ssh "22", ssh-config "2222", fork "2222"
Host relay; SendEnv LANG; SendEnv TZ: ssh "LANG TZ", ssh-config "LANG", fork "LANG"
Host relay; User jay # not root: ssh "jay", ssh-config "jay", fork "jay # not root"
host relay; user jay: ssh "jay", ssh-config "jay", fork "none"' ] || { echo 'changed' >&2; exit 1; }
