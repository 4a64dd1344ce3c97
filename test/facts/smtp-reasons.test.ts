import { expect, it } from 'vitest';
import { reasonKind } from '../../src/facts/smtp-reasons.ts';

it.each([
  // As recorded on running machines.
  ['Connection failed: Destination address required', 'no tunnel'],
  ['IO Error: Connection refused', 'refused'],
  ['IO Error: certificate verification failed: self signed certificate', 'untrusted'],
  ['IO Error: certificate verification failed: certificate has expired', 'expired'],
  ['IO Error: read failed: error:1404C418:SSL routines:ST_OK:tlsv1 alert unknown ca', 'client untrusted'],
  ['IO Error: read failed: error:1404C45C:SSL routines:ST_OK:tlsv13 alert certificate required', 'client missing'],
  ['AUTH rejected: 535 Authentication failed', 'password'],
  // A server that answers is not silent, whatever it says.
  ['451 4.4.2 Timeout while waiting for a daemon', 'other'],
  // mta.c and mta_session.c
  ['Connection timeout', 'no answer'],
  // An interface without a link (if_ethersubr.c).
  ['Connection failed: Network is down', 'no answer'],
  // EACCES of connect(2), as pf(4) of the host itself causes it; not what a server says.
  ['Connection failed: Permission denied', 'blocked here'],
  ['Permission denied', 'blocked here'],
  ['550 5.7.1 Permission denied', 'other'],
  ['Address family mismatch on destination MXs', 'address family'],
])('the reason "%s"', (reason, kind) => expect(reasonKind(reason)).toBe(kind));
