#!/bin/sh
# netmask (npm) reads `10/8`, as netstat(1) of OpenBSD prints a network, as 0.0.0.0/8, without an error.
#
# One would guess: 10/8 is 10.0.0.0/8, as for route(8), pfctl(8) and inet_net_pton(3): bytes that are left out at the end
# of a network are zero. Or it is refused.
# It is: netmask takes the part before the slash for a number as inet_aton(3) does, whose last part fills the rest, and
# then applies the length: 10/8 is the network of 0.0.0.10. Who makes networks of a routing table gets other ones, and no
# error. ip-cidr refuses all of them.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund netmask@2.1.1 cidr-tools@11.3.2 ip-cidr@4.0.2 >/dev/null
cat >run.mjs <<'JS'
import IPCIDR from 'ip-cidr';
import { normalizeCidr } from 'cidr-tools';
import { Netmask } from 'netmask';
const said = work => {
  try {
    return work();
  } catch {
    return 'refused';
  }
};
const address = { '10/8': '10.1.2.3', '10.6/16': '10.6.1.1', '172.16/12': '172.16.0.1', '192.168.1/24': '192.168.1.7' };
for (const [network, inside] of Object.entries(address)) {
  const block = new Netmask(network);
  const has = block.contains(inside) ? 'with' : 'without';
  const others = [() => normalizeCidr(network), () => new IPCIDR(network).toString()].map(said);
  console.log(`${network}: netmask ${block} (${has} ${inside}), cidr-tools ${others[0]}, ip-cidr ${others[1]}`);
}
JS
for name in netmask cidr-tools ip-cidr; do
  echo "$name $(node -p "JSON.parse(fs.readFileSync('node_modules/$name/package.json')).version")"
done
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '10/8: netmask 0.0.0.0/8 (without 10.1.2.3), cidr-tools refused, ip-cidr refused
10.6/16: netmask 10.0.0.0/16 (without 10.6.1.1), cidr-tools 0.0.0.0/16, ip-cidr refused
172.16/12: netmask 172.0.0.0/12 (without 172.16.0.1), cidr-tools 0.0.0.0/12, ip-cidr refused
192.168.1/24: netmask 192.168.0.0/24 (without 192.168.1.7), cidr-tools 0.192.168.0/24, ip-cidr refused' ] ||
  { echo 'changed' >&2; exit 1; }
