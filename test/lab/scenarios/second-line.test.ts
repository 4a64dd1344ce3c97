/** The tunnel comes back over another line, and mail with it: how long that takes, and what is lost meanwhile. */
import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailFlows } from '../driver/mails.ts';
import { eventually, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'second-line';
const lab = labCalled(LAB);
const state = `/var/tmp/mailtun-lab/${LAB}`;
const GATEWAY = '2001:db8:c1da::1';
const ENDPOINT = '192.0.2.25';
const MOBILE = { address: '192.0.2.88', address6: '2001:db8:1234:1234::88' };

/** Of this machine: the lab's wires. */
const machine = (line: string) => execa('sh', ['-ec', line], { stdin: 'ignore' });
const gateways = (line: string) =>
  machine(`nsenter --net=/proc/$(sed 's/ .*//' ${state}/carinho/init)/ns/net sh -ec '${line}'`);
const link = (word: 'cut' | 'restore') => execa('scripts/lab', ['link', 'carinho', word], { env: { LAB } });

/** Another interface of the gateway's, with an address of another provider: it has no part in anything yet. */
const secondLine = async (): Promise<void> => {
  await machine(
    `ip -n ${LAB}-wire link add mobile up type veth peer name vio3 netns "$(sed 's/ .*//' ${state}/carinho/init)"; ip -n ${LAB}-wire link set mobile master inet`,
  );
  await gateways(
    `ip link set vio3 up; ip addr add ${MOBILE.address}/32 dev vio3; ip addr add ${MOBILE.address6}/64 dev vio3 nodad`,
  );
};
/** All that leaves the gateway goes by the mobile line; the one at home is dead. */
const toMobile = async (): Promise<void> => {
  await link('cut');
  await gateways(`ip route add 192.0.2.0/25 dev vio3 src ${MOBILE.address}`);
};
const toHome = async (): Promise<void> => {
  await link('restore');
  await gateways('ip route del 192.0.2.0/25 dev vio3');
};

const endpointSeen = async (): Promise<string> =>
  /wgendpoint (\S+)/.exec(await lab.must('namorar', 'ifconfig wg0'))?.[1] ?? '';

/** Seconds until the relay is answered through the tunnel; it sends nothing that the gateway could hear before. */
async function untilTunnel(work: () => Promise<unknown>, seconds = 120): Promise<number> {
  const begun = Date.now();
  await work();
  await eventually(lab, 'namorar', `ping6 -n -c 1 -w 1 ${GATEWAY} >/dev/null`, seconds);
  return (Date.now() - begun) / 1000;
}

/** Seconds until a mail is delivered that a sender outside sends as soon as the line has changed. */
async function untilMail(subject: string, begun: number, seconds = 120): Promise<number> {
  const sent = await lab.on(
    'internet',
    `/usr/local/lab/send sender@internet.example test@example.com ${subject} </dev/null`,
  );
  expect(sent.stdout).toContain('250');
  await eventually(lab, 'mimando', `grep -Rq 'Subject: ${subject}' /home/jay/maildir/in/new`, seconds);
  return (Date.now() - begun) / 1000;
}

const results: string[] = [];
const note = (what: string, tunnel: number, mail: number | null, lost: number | null): void => {
  const parts = [
    `tunnel after ${tunnel.toFixed(1)} s`,
    ...(mail === null ? [] : [`a mail sent at once after ${mail.toFixed(1)} s`]),
    ...(lost === null ? [] : [`${lost} mails lost`]),
  ];
  results.push(`${what}: ${parts.join(', ')}`);
};

beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  await secondLine();
  await eventually(lab, 'carinho', 'ping6 -n -c 1 -w 1 2001:db8:c1da::2 >/dev/null');
}, 120_000);
afterAll(async () => {
  console.log(results.join('\n'));
  await lab.down();
});

describe('a gateway whose line changes', () => {
  /** Seconds, at keepalive 15. */
  const AIM = 30;

  test.each([
    ['to the mobile line', toMobile, MOBILE.address],
    ['back to the home line', toHome, '192.0.2.77'],
  ] as const)('is found again: %s, with nothing but keepalives on the tunnel', async (what, change, address) => {
    const begun = Date.now();
    let mail: Promise<number> | null = null;
    const tunnel = await untilTunnel(async () => {
      await change();
      mail = untilMail(what.replaceAll(' ', '-'), begun);
    });
    const flows = mail === null ? Number.NaN : await mail;
    note(what, tunnel, flows, null);
    expect(await endpointSeen()).toBe(address);
    expect(tunnel).toBeLessThan(AIM);
    expect(flows).toBeLessThan(AIM);
  });

  test('loses no mail there and back', async () => {
    let [there, back] = [0, 0];
    const counts = await underMail(LAB, lab, { to: 'test@example.com', seconds: 150 }, async () => {
      await mailFlows(lab);
      there = await untilTunnel(toMobile);
      await mailFlows(lab);
      back = await untilTunnel(toHome);
      await mailFlows(lab);
    });
    note(`${counts.delivered} mails both ways, there`, there, null, null);
    note('and back', back, null, counts.lost);
    expect(counts.delivered).toBeGreaterThan(20);
    expect(counts.lost).toBe(0);
  });
});

describe("the relay's name as endpoint", () => {
  const NAME = 'relay.example.net';
  const names = (...addresses: readonly string[]): Promise<string> =>
    lab.must(
      'carinho',
      `sed '/${NAME}/d' /etc/hosts >/tmp/h; cat >>/tmp/h; cat /tmp/h >/etc/hosts`,
      addresses.map(address => `${address}\t${NAME}\n`).join(''),
    );
  /** Seconds until mail flows again; the tunnel watch looks every five, and only it looks a name up again. */
  const AIM = 30;

  test('leads by IPv6 to it, and by IPv4 once IPv6 is gone', async () => {
    await toMobile();
    await names('2001:db8:1234:1234::b17e', ENDPOINT);
    // As where the admin prefers IPv6: what the name leads to first does not change.
    await lab.must('carinho', "print 'family inet6 inet4' >>/etc/resolv.conf");
    writeFileSync(
      `${state}/inventory.yaml`,
      readFileSync(`${state}/inventory.yaml`, 'utf8').replace(`endpoint: ${ENDPOINT}`, `endpoint: ${NAME}`),
    );
    expect((await provisioned(LAB)).document.hosts.map(host => host.error)).toEqual([null, null, null]);
    // As at a boot: an endpoint that works is not looked up again. What the relay had sent before leads back to IPv4.
    await eventually(
      lab,
      'carinho',
      "sh /etc/netstart wg0; ping6 -n -c 2 -w 2 2001:db8:c1da::2 >/dev/null && ifconfig wg0 | grep -q 'wgendpoint 2001:'",
    );
    expect(await endpointSeen()).toBe(MOBILE.address6);
    let [tunnel, flows] = [0, 0];
    const counts = await underMail(LAB, lab, { to: 'test@example.com', seconds: 150 }, async () => {
      const begun = Date.now();
      let mail: Promise<number> | null = null;
      tunnel = await untilTunnel(async () => {
        await gateways(`ip addr del ${MOBILE.address6}/64 dev vio3`);
        mail = untilMail('without-IPv6', begun);
      });
      flows = mail === null ? Number.NaN : await mail;
    });
    note(`IPv6 gone, the name has an address of each, ${counts.delivered} mails both ways`, tunnel, flows, counts.lost);
    expect(await endpointSeen()).toBe(MOBILE.address);
    expect(counts.lost).toBe(0);
    expect(flows).toBeLessThan(AIM);
  });

  test('changes its address', async () => {
    let [tunnel, flows] = [0, 0];
    const counts = await underMail(LAB, lab, { to: 'test@example.com', seconds: 150 }, async () => {
      const begun = Date.now();
      let mail: Promise<number> | null = null;
      tunnel = await untilTunnel(async () => {
        await names('192.0.2.35');
        // The old address is gone, and the relay comes up knowing of no gateway.
        await lab.must('namorar', 'ifconfig vio1 inet 192.0.2.35 255.255.255.0; pfctl -q -F states');
        await lab.must('namorar', 'ifconfig wg0 -wgpeerall; sh /etc/netstart wg0');
        mail = untilMail('to-another-address', begun);
      });
      flows = mail === null ? Number.NaN : await mail;
    });
    note(`the name has another address, ${counts.delivered} mails both ways`, tunnel, flows, counts.lost);
    expect(await lab.must('carinho', 'ifconfig wg0')).toContain('wgendpoint 192.0.2.35');
    expect(counts.lost).toBe(0);
    expect(flows).toBeLessThan(AIM);
  });

  test('changes it again, long after the tunnel has fallen silent', async () => {
    await lab.must('namorar', 'ifconfig vio1 inet 192.0.2.25 255.255.255.0; pfctl -q -F states');
    // It knows of no gateway that it could call.
    await lab.must('namorar', 'ifconfig wg0 -wgpeerall; sh /etc/netstart wg0');
    // Time is the subject: the name gets its new address more than a minute late.
    await new Promise(resolve => setTimeout(resolve, 75_000));
    expect(await endpointSeen()).toBe('');
    const begun = Date.now();
    let mail: Promise<number> | null = null;
    const tunnel = await untilTunnel(async () => {
      await names(ENDPOINT);
      mail = untilMail('back-to-the-first', begun);
    });
    const flows = mail === null ? Number.NaN : await mail;
    note('the name follows a minute later', tunnel, flows, null);
    expect(flows).toBeLessThan(AIM);
  });
});
