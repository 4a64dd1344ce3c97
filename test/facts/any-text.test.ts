import { describe, expect, it } from 'vitest';
import { traceOf } from '../../src/checks/trace.ts';
import { troubleOfReason } from '../../src/checks/trouble.ts';
import { readCertificate } from '../../src/facts/certificate-text.ts';
import { parseClock } from '../../src/facts/clock.ts';
import { parseDf } from '../../src/facts/df.ts';
import { parseAddresses, parseWgInterface } from '../../src/facts/ifconfig.ts';
import { parseCertificates } from '../../src/facts/installed-certificates.ts';
import { parseLeftByRun } from '../../src/facts/left-by-run.ts';
import { parseGetent, parseHost } from '../../src/facts/lookup.ts';
import { parseMaillog } from '../../src/facts/maillog.ts';
import { parseListeners } from '../../src/facts/netstat.ts';
import { parsePing } from '../../src/facts/ping.ts';
import { probeOutputs } from '../../src/facts/probe-outputs.ts';
import { parseTlsSession } from '../../src/facts/s-client.ts';
import { parseSmtpSession } from '../../src/facts/smtp-session.ts';
import { parseQueue } from '../../src/facts/smtpctl-queue.ts';
import { parseRoutes } from '../../src/facts/smtpctl-routes.ts';
import { parseSmtpdStatus } from '../../src/facts/smtpctl-status.ts';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { parseWire } from '../../src/facts/tcpdump.ts';
import { fc } from '../properties.ts';
import { allRecorded } from '../recordings.ts';

const LINE_PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  ifconfig: parseWgInterface,
  addresses: parseAddresses,
  queue: parseQueue,
  routes: parseRoutes,
  status: parseSmtpdStatus,
  conf: parseSmtpdConf,
  maillog: parseMaillog,
  ping: parsePing,
  netstat: parseListeners,
  s_client: parseTlsSession,
  wire: text => parseWire(text, '192.0.2.25'),
  getent: parseGetent,
  host: parseHost,
  df: parseDf,
  certificate: readCertificate,
  certificates: parseCertificates,
  clock: parseClock,
  run: parseLeftByRun,
  talk: parseSmtpSession,
  probes: text => probeOutputs(text, [{ key: 'a' }, { key: 'b' }, { key: 'c' }]),
  trace: text => traceOf('8c5fa896', { events: parseMaillog(text), queue: parseQueue(text) }),
};

/** One field of a line, not lines. */
const PARSERS = { ...LINE_PARSERS, reason: troubleOfReason };

const lines = allRecorded().flatMap(text => text.split('\n'));

/** Any text at all; recorded lines in any order; recorded lines with something cut out or put in. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...lines), { maxLength: 30 }).map(some => some.join('\n')),
  fc
    .tuple(fc.constantFrom(...lines), fc.nat(200), fc.nat(20), fc.string({ unit: 'binary' }))
    .map(([line, at, length, text]) => line.slice(0, at) + text + line.slice(at + length)),
);

/** What openssl(1), nc(1) and smtp(1) pass on of the wire, and what blanks may stand behind a line. */
const tail = fc.constantFrom('\r', '\r\r', ' ', '\t', ' \r');

describe('a CR at the end of a line', () => {
  it.each(Object.entries(LINE_PARSERS))('makes no difference to the parser of %s', (_, parse) => {
    for (const text of allRecorded()) {
      fc.assert(
        fc.property(tail, end => {
          expect(facts(parse(text.replaceAll('\n', `${end}\n`)))).toEqual(facts(parse(text)));
        }),
        { numRuns: 5 },
      );
    }
  });
});

/** Functions are made anew with every certificate. */
const facts = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

describe('text of a host', () => {
  it.each(Object.entries(PARSERS))('never makes the parser of %s throw', (_, parse) => {
    fc.assert(
      fc.property(anyText, text => void parse(text)),
      { numRuns: 200 },
    );
  });
});
