import { expect, it } from 'vitest';
import { probeOutputs } from '../../src/facts/probe-outputs.ts';
import { smtpSession } from '../../src/facts/smtp-session.ts';
import { recorded } from '../recordings.ts';

const session = smtpSession({ address: '192.0.2.25', name: 'mx2.example.com' });
const ifconfig = recorded('transcripts-7.8', 'wg0 of the gateway, peer with endpoint');
// As s_client of 7.8 prints it: the last line of the answer to EHLO, with the carriage return that came over the wire.
const talk =
  '0 CONNECTED(00000003)\n0     Verify return code: 0 (ok)\n0 250 HELP\r\n0 > quit\n0 < 221 2.0.0 Bye\n0 exit 0\n';

it('the interface before and after the probes is read, whatever a far side has sent', () => {
  for (const said of ['', '0 250 \u2028HELP\r\n', '0\n', '0 \r\n', '7 of a probe that nobody made\n', '0 a\rb\n']) {
    const outputs = probeOutputs(`${ifconfig}# probes\n${said}${talk}${ifconfig}`, [session]);
    expect(outputs.before?.peers[0]?.handshakeAgeSeconds).toBe(45);
    expect(outputs.after?.peers[0]?.handshakeAgeSeconds).toBe(45);
    expect(outputs.said(session)?.replies).toEqual([{ command: 'quit', reply: '221 2.0.0 Bye' }]);
  }
});

it('an output is read once, and only where there is one', () => {
  let times = 0;
  const probe = (key: string) => ({ key, read: (text: string) => `${++times} ${text}` });
  const { said } = probeOutputs('# probes\n0 one\n0 two\n', [probe('a'), probe('b')]);
  expect(['a', 'a', 'b', 'c'].map(key => said(probe(key)))).toEqual(['1 one\ntwo', '1 one\ntwo', null, null]);
  expect(times).toBe(1);
});
