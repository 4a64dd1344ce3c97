/** Random edits under numbered mails, and the sequences of edits that have failed once. */
import { test } from 'vitest';
import type { Step } from './edits-drawn.ts';
import { editsLab } from './edits-lab.ts';

const edit = editsLab(process.env.MAILTUN_EDIT_LAB ?? 'edits');

const [seed, seconds] = [
  Number(process.env.MAILTUN_EDIT_SEED ?? Date.now() % 100_000),
  Number(process.env.MAILTUN_EDIT_SECONDS ?? 15),
];

/** Sequences that once lost or stranded mail, or came to no end. */
const FAILED: Readonly<Record<string, readonly Step[]>> = {
  // A former name meant no host that was known, so neither end changed for the other.
  'TLS off and names in the tunnel and the LAN at once, with the relay away': [
    { edits: ['mail.tls', 'name in the tunnel', 'name in the LAN'], away: 'namorar' },
    { edits: ['name in the tunnel'] },
  ],
  // Nobody called the relay, whose new interface had forgotten where the gateway is: put back, again and again.
  'the interface, at the relay alone': [{ edits: ['interface'], only: ['relay'] }, { edits: [] }],
  // What was to prove the tunnel was the address that is not there yet.
  'the interface and an address, with the relay away': [
    { edits: ['address in the tunnel'], away: 'namorar' },
    { edits: ['address in the tunnel', 'interface'], away: 'namorar' },
  ],
  // The key under the former name went before there was one under the new name, and could not be put back.
  'the names of hosts that share a key, at the relay alone': [
    { edits: ['preshared key'] },
    { edits: ['name of a host', 'name of a host', 'interface'], only: ['relay'] },
    { edits: ['port'], killedAfter: 4000 },
  ],
  // Its smtpd.conf named the table of users as long as the gateway could not do without TLS, and nobody made that; nor could the
  // gateway, which waited for this relay, restart its smtpd.
  'TLS off, a relay that joins and another address of the gateway, with the workstation away': [
    { edits: ['a relay joins', 'mail.tls', 'address in the tunnel'], away: 'mimando' },
  ],
  // The gateway kept its former address for a relay that could not be changed, and the other relay changed to the other family.
  'the family in the tunnel, while a relay that joins is away': [
    { edits: ['a relay joins', 'family in the tunnel'], away: 'saudade' },
    { edits: [], away: 'namorar' },
  ],
  'the family in the tunnel, without a relay that joins': [
    { edits: ['a relay joins'], only: ['workstation'] },
    { edits: ['family in the tunnel'], only: ['relay', 'gateway', 'workstation'] },
  ],
  // A relay that was never set up, and is a workstation now, was taken for one that has gone with its mail.
  'a relay that joins in vain, in another family, and becomes a workstation': [
    { edits: ['a relay joins'], only: ['workstation'] },
    { edits: ['family in the tunnel'], only: ['relay', 'gateway', 'workstation'] },
    { edits: ['it becomes a workstation'] },
  ],
  // The gateway sent on to the former port of a relay whose address it has by name.
  'the port, and the endpoint by name': [{ edits: ['port', 'endpoint'] }],
  // The relay took the password that mailtun had made on the gateway for somebody else's file.
  'a gateway that becomes a relay': [{ edits: ['a gateway joins'] }, { edits: ['it becomes a relay'] }, { edits: [] }],
  // It waited for the key as the gateway that it was; what was to prove that was the other relay, which had dropped it.
  'a gateway that becomes a relay, and a preshared key, with the other gateway away': [
    { edits: ['a gateway joins', 'preshared key'] },
    { edits: ['it becomes a relay'], away: 'carinho' },
  ],
  // Each refused the other's mail until it had been changed itself, so that both were refused for ever.
  'a workstation that becomes a gateway, with the other workstation behind it': [
    { edits: ['a workstation joins'] },
    { edits: ['it becomes a gateway', 'gateway of the workstation and its mail', 'recipients'] },
  ],
  // It was refused for a password that no task makes without TLS, and with it all others.
  'TLS off, and a gateway that joins': [{ edits: ['mail.tls', 'a gateway joins'] }],
  // The workstation dropped the address of its former gateway, which still had mail for it.
  'without TLS, a gateway that becomes a workstation, with its own one behind the other gateway': [
    { edits: ['mail.tls'] },
    { edits: ['a gateway joins'] },
    { edits: ['gateway of the workstation and its mail'] },
    { edits: ['it becomes a workstation'] },
  ],
  // It was a gateway before, and has kept its key since; it counted as what the relay has that is away.
  'a preshared key and a gateway that comes back with one, with the relay away': [
    { edits: ['a gateway joins', 'preshared key'] },
    { edits: ['it retires'] },
    { edits: ['it goes if it retires', 'preshared key'] },
    { edits: ['a gateway joins', 'preshared key'], away: 'namorar', only: ['relay', 'gateway', 'workstation'] },
  ],
  // What it still sent to, as the gateway that it was, became the address of its gateway as soon as the relay had another one.
  "the relay's address, and a gateway that becomes a relay, which is left out": [
    { edits: ['order of hosts', 'a gateway joins', 'order of domains'] },
    { edits: ['it becomes a relay', 'address in the tunnel'], only: ['relay', 'gateway'] },
  ],
  // The relay alone got the address that this gateway had kept from before.
  'a gateway that comes back with the addresses of the other family, and is left out': [
    { edits: ['family in the tunnel', 'a gateway joins'] },
    { edits: ['it becomes a workstation'] },
    { edits: ['family in the tunnel'] },
    { edits: ['it becomes a gateway'], only: ['relay', 'gateway', 'workstation'] },
  ],
};

test.each(Object.entries(FAILED))('%s', (_, plan) => edit({ seed: 1, seconds: 0, plan }), 400_000);

test(`of ${seconds} s lose, double and strand nothing`, { timeout: (seconds + 400) * 1000 }, () =>
  edit({ seed, seconds }),
);
