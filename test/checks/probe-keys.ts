/** Keys of probes, by what they are about. */
import { dnsAnswer, NAMES } from '../../src/facts/lookup.ts';
import { large, reach } from '../../src/facts/ping.ts';
import { outside, smtpSession } from '../../src/facts/smtp-session.ts';
import { wireTo } from '../../src/facts/tcpdump.ts';

export const KEYS = {
  names: NAMES.key,
  reach: (address: string) => reach(address).key,
  large: (address: string) => large(address).key,
  smtp: (address: string, name: string) => smtpSession({ address, name }).key,
  outside: (address: string) => outside(address).key,
  wire: (endpoint: string) => wireTo(endpoint).key,
  dns: (type: string, name: string) => dnsAnswer(type, name).key,
};
