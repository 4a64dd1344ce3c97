/** First provisions of hosts as people have them: what prevents it is reported, and what would be lost. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SET_CLOCK } from '../../../src/facts/clock.ts';
import { clockBy } from '../driver/clock.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { typed } from '../driver/typing.ts';

const LAB = 'first-set-ups';
const lab = labCalled(LAB);

beforeAll(lab.up);
afterAll(lab.down);

const folder = `/var/tmp/mailtun-lab/${LAB}`;

/** A certificate of 90 days for mx1 and its key, in files of this machine, with so many days left. */
async function certificateFiles(left: number): Promise<void> {
  const day = (ahead: number): string =>
    `${new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}000000Z`;
  const name = 'mx1.example.com';
  const pem = await lab.must(
    'namorar',
    `cd /root; openssl ecparam -name secp384r1 -genkey -noout -out k; /.lab/usr/bin/openssl req -x509 -new -key k -sha256 -subj /CN=${name} -addext subjectAltName=DNS:${name} -not_before ${day(left - 90)} -not_after ${day(left + 1)} -out c 2>/dev/null; cat c; echo --; openssl pkey -in k`,
  );
  const [cert = '', key = ''] = pem.split('\n--\n');
  writeFileSync(`${folder}/mx1.pem`, `${cert}\n`);
  writeFileSync(`${folder}/mx1.key`, key);
}

const doctor = async () => JSON.parse((await mailtun(LAB, 'doctor', 'inventory.yaml', '--json')).stdout).first;

test('a gateway whose clock is years behind, as without a battery: it is named before anything is changed', async () => {
  await lab.must('carinho', clockBy(-11 * 365 * 86_400));
  const { exit, document } = await provisioned(LAB);
  expect(exit).toBe(1);
  expect(document.hosts[1]?.error).toMatchObject({
    what: expect.stringMatching(/^its clock says .* 2015 .*: a certificate that it makes now would have wrong dates$/),
    remedy: expect.stringContaining(SET_CLOCK),
  });
  expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
  expect(await lab.must('carinho', 'ls /root/KEY_PRIVATE /etc/ssl/private/*.ssc 2>/dev/null || :')).toBe('');
  await lab.must('carinho', SET_CLOCK);
});

test("a wg0 that is the admin's own VPN: what would be removed is shown before there is any key", async () => {
  const peer = (allowed: string): string => `wgpeer "$(openssl rand -base64 32)" wgaip ${allowed}`;
  await lab.must(
    'namorar',
    `ifconfig wg0 wgport 51820 wgkey "$(openssl rand -base64 32)"; ifconfig wg0 ${peer('10.8.0.2/32')}; ifconfig wg0 ${peer('10.8.0.3/32')}; ifconfig wg0 inet 10.8.0.1/24`,
  );
  const before = await lab.must('namorar', 'ifconfig wg0 | grep -Ev "index|tx:"');
  const { exit, stdout, stderr } = await mailtun(LAB, 'provision', 'inventory.yaml', '--check', '--diff');
  expect(exit).toBe(2);
  const said = (stdout + stderr).replaceAll(/\s+/g, ' ');
  expect(said).toMatch(
    /wg0 would lose peer \S+ \(10\.8\.0\.[23]\/32\), peer \S+ \(10\.8\.0\.[23]\/32\), address 10\.8\.0\.1\/24, port 51820/,
  );
  expect(said).toContain('tunnel: { interface: wg1 }');
  // No hostname.if(5) made it, so there is no file whose replacement would have to be allowed.
  const run = await provisioned(LAB);
  expect(run.document.hosts[0]?.error?.what).toBe('would replace what mailtun did not write: the running wg0');
  expect(run.document.hosts[0]?.changed).toBe(0);
  expect(await lab.must('namorar', 'ifconfig wg0 | grep -Ev "index|tx:"')).toBe(before);
  await lab.must('namorar', 'ifconfig wg0 destroy');
});

test('a gateway whose pf lets out only chosen ports: the first provision says that the tunnel does not answer, and doctor which rule stops it', async () => {
  const chosen = 'block return out on vio1\npass out on vio1 proto tcp to port { ssh http https }\n';
  await lab.must('carinho', 'cat >>/etc/pf.conf; pfctl -f /etc/pf.conf', chosen);
  const { exit, document } = await provisioned(LAB);
  expect(document.hosts[1]?.error?.what).toBe('everything is set up, but the tunnel to namorar does not answer');
  expect(exit).toBe(1);
  const first = await doctor();
  expect(first).toMatchObject({
    code: 'tunnel-filtered-by-pf',
    what: 'pf on carinho blocks outbound packets of the tunnel',
  });
  const [, rule] = /put "(pass out quick [^"]+)" before the rules of \/etc\/pf\.conf/.exec(first.remedy) ?? [];
  await lab.must(
    'carinho',
    `cp -p /etc/pf.conf /root/pf.conf; { echo '${rule}'; cat /root/pf.conf; } >/etc/pf.conf; pfctl -f /etc/pf.conf`,
  );
  await eventually(lab, 'carinho', 'ping6 -n -c 1 -w 1 2001:db8:c1da::2');
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  expect(await doctor()).toBeNull();
});

test('a certificate from files that expires is renewed on this machine, and the command of the remedy installs it', async () => {
  const files = '{ files: { mx1.example.com: { cert: mx1.pem, key: mx1.key } } }';
  const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  writeFileSync(
    `${folder}/inventory-files.yaml`,
    text.replace('role: relay', `role: relay\n    certificates: ${files}`),
  );
  const problems = async () =>
    JSON.parse((await mailtun(LAB, 'status', 'inventory-files.yaml', '--json')).stdout).hosts[0].problems;
  await certificateFiles(5);
  expect(await mailtun(LAB, 'provision', 'inventory-files.yaml')).toMatchObject({ exit: 0 });
  const [problem] = await problems();
  expect(problem).toMatchObject({ code: 'certificate-expiring' });
  const [, file, command] = /^renew (\S+) on this machine, then (mailtun provision .*)$/.exec(problem.remedy) ?? [];
  expect(file).toBe(`${folder}/mx1.pem`);
  await certificateFiles(89);
  await typed(lab, LAB, command ?? '');
  expect(await problems()).toEqual([]);
  expect((await mailtun(LAB, 'provision', 'inventory-files.yaml')).stdout).toContain('\n0 changed');
});
