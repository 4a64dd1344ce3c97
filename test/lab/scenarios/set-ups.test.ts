/** Hosts as people have them before mailtun comes, and what mailtun makes of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WATCH } from '../../accept/hosts.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'set-ups';
const lab = labCalled(LAB);

/** Denies by default, as many a VM's does; vio0 is the way of the lab's ssh. */
const DENYING = `set skip on lo
block in
pass out
pass in on vio0
pass in on egress proto tcp to port { ssh http https }
`;

beforeAll(lab.up);
afterAll(lab.down);

const fromInternet = (subject: string) =>
  execa('scripts/lab', ['send', '--from', 'alice@internet.example', '--to', 'test@example.com', '--subject', subject], {
    env: { LAB },
    input: '',
    reject: false,
    timeout: 60_000,
  });
const arrives = (subject: string) => eventually(lab, 'mimando', `grep -Rq 'Subject: ${subject}' /home/jay/maildir/in`);

describe('another daemon', () => {
  test.each([
    ['TCP port 25', 'namorar', 'nc -l -k 192.0.2.25 25', 'nc .* has TCP port 25 on 192.0.2.25, which smtpd needs'],
    ['the UDP port of the tunnel', 'carinho', 'nc -u -l -k 0.0.0.0 6900', 'nc .* has UDP port 6900 on '],
  ])('that has %s is named before anything is changed', async (_, host, program, what) => {
    await lab.must(host, `nohup ${program} >/dev/null 2>&1 </dev/null & print -r -- $! >/root/taken; sleep 0.5`);
    const { exit, document } = await provisioned(LAB);
    await lab.must(host, 'kill $(cat /root/taken); rm /root/taken');
    const reported = document.hosts.find(one => one.name === host)?.error;
    expect(reported?.what).toMatch(new RegExp(what));
    expect(exit).toBe(1);
    expect(document.totals.changed).toBe(0);
  });
});

describe('a relay whose pf.conf denies by default and lets in ssh and the web', () => {
  test('accepts mail from the internet once it is provisioned', async () => {
    await lab.must('namorar', 'cat >/etc/pf.conf; pfctl -f /etc/pf.conf', DENYING);
    expect((await fromInternet('before')).exitCode).not.toBe(0);
    const { document } = await provisioned(LAB, '--take-over');
    expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
    expect((await fromInternet('through the anchor')).exitCode).toBe(0);
    await arrives('through the anchor');
    const status = await mailtun(LAB, 'status', 'inventory.yaml');
    // The lab's home line has no IPv6, and the machine of the tests is not in the lab's internet.
    expect(status.stdout).toMatch(/^ \?\? internet → namorar +mx1\.example\.com \(2001:db8:1234:1234::6969\) could$/m);
    expect(status.stdout).not.toContain('mx2.example.com (192.0.2.25) could');
    expect(status.stdout).toContain('All is well.');
    expect(status.exit).toBe(0);
  });

  test('is named as what stops mail if the anchor has no rule for port 25', async () => {
    const folder = `/var/tmp/mailtun-lab/${LAB}`;
    const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
    writeFileSync(`${folder}/inventory-own.yaml`, `packet_filter: { mx: false }\n${text}`);
    const run = await mailtun(LAB, 'provision', 'inventory-own.yaml');
    expect(run).toMatchObject({ exit: 0 });
    await lab.must('namorar', 'pfctl -k 192.0.2.77; exit 0');
    const status = await mailtun(LAB, 'status', 'inventory-own.yaml', '--json');
    const [problem] = JSON.parse(status.stdout).hosts[0].problems;
    expect(problem).toMatchObject({
      code: 'mx-filtered',
      what: 'pf on namorar blocks mail to mx1.example.com (2001:db8:1234:1234::6969)',
    });
    expect(status.exit).toBe(2);
    // The remedy, typed for both addresses.
    await lab.must(
      'namorar',
      `print 'pass in proto tcp to { 2001:db8:1234:1234::6969 192.0.2.25 } port 25' >>/etc/pf.conf; pfctl -f /etc/pf.conf`,
    );
    expect((await mailtun(LAB, 'status', 'inventory-own.yaml')).exit).toBe(0);
    expect((await mailtun(LAB, 'provision', 'inventory.yaml')).exit).toBe(0);
  });
});

describe('a pf.conf that skips the tunnel', () => {
  test.each([
    ['by its name', 'set skip on { lo wg0 }'],
    ['by its group', 'set skip on { lo, wg }'],
  ])('%s is refused with the line named, and status says so', async (_, statement) => {
    const before = await lab.must('carinho', 'cat /etc/pf.conf');
    const line = before.split('\n').findIndex(text => text.startsWith('set skip')) + 1;
    await lab.must('carinho', `sed -i '/^set skip/s/.*/${statement}/' /etc/pf.conf; pfctl -f /etc/pf.conf`);
    expect(await lab.must('carinho', 'pfctl -s Interfaces -v -i wg0')).toBe('wg0 (skip)\n');
    const what = `line ${line} of /etc/pf.conf, "${statement}", keeps pf from filtering wg0`;
    const { exit, document } = await provisioned(LAB);
    const status = JSON.parse((await mailtun(LAB, 'status', 'inventory.yaml', '--json')).stdout);
    await lab.must('carinho', 'cat >/etc/pf.conf; pfctl -f /etc/pf.conf', before);
    expect({ exit, error: document.hosts[1]?.error?.what }).toEqual({ exit: 1, error: what });
    expect(document.totals.changed).toBe(0);
    expect(status.hosts[1].problems).toMatchObject([{ what }]);
  });
});

describe('a gateway whose pf lets out only chosen ports', () => {
  test('makes a provision that changed the tunnel report that it does not answer', async () => {
    const before = await lab.must('carinho', 'cat /etc/pf.conf');
    const chosen = 'block return out on vio1\npass out on vio1 proto tcp to port { ssh http https }\n';
    // A state that is alive would carry the tunnel through, and the watch would make the interface again.
    await lab.must(
      'carinho',
      `${WATCH.ends}; cat >/etc/pf.conf; ifconfig wg0 destroy; pfctl -f /etc/pf.conf; pfctl -F states`,
      before + chosen,
    );
    // Nor may the relay know where to call.
    await lab.must(
      'namorar',
      `pfctl -F states; peer=$(ifconfig wg0 | sed -n 's/.*wgpeer //p')
ifconfig wg0 -wgpeer "$peer"; ifconfig wg0 wgpeer "$peer" wgaip 2001:db8:c1da::1/128`,
    );
    const { exit, document } = await provisioned(LAB);
    expect(document.hosts[1]?.error?.what).toBe('everything is set up, but the tunnel to namorar does not answer');
    expect(exit).toBe(1);
    const remedy = 'print "pass out proto udp to 192.0.2.25 port 6900" >>/etc/pf.conf; pfctl -f /etc/pf.conf';
    await lab.must('carinho', `${remedy}; ${WATCH.begins}`);
    await eventually(lab, 'carinho', 'ping6 -n -c 1 -w 1 2001:db8:c1da::2');
    expect((await mailtun(LAB, 'doctor', 'inventory.yaml')).exit).toBe(0);
  });
});
