import { expect, it } from 'vitest';
import { probeOutputs } from '../../src/facts/probe-outputs.ts';
import { parseSmtpSession } from '../../src/facts/smtp-session.ts';
import { recorded } from '../recordings.ts';

const ifconfig = recorded('transcripts-7.8', 'wg0 of the gateway, peer with endpoint');
// As s_client of 7.8 prints it: the last line of the answer to EHLO, with the carriage return that came over the wire.
const talk =
  '0 CONNECTED(00000003)\n0     Verify return code: 0 (ok)\n0 250 HELP\r\n0 > quit\n0 < 221 2.0.0 Bye\n0 exit 0\n';

it('the interface before and after the probes is read, whatever a far side has sent', () => {
  for (const said of ['', '0 250 \u2028HELP\r\n', '0\n', '0 \r\n', '7 of a probe that nobody made\n', '0 a\rb\n']) {
    const outputs = probeOutputs(`${ifconfig}# probes\n${said}${talk}${ifconfig}`, [{ key: 'smtp' }]);
    expect(outputs.before?.peers[0]?.handshakeAgeSeconds).toBe(45);
    expect(outputs.after?.peers[0]?.handshakeAgeSeconds).toBe(45);
    expect(parseSmtpSession(outputs.said('smtp'))?.replies).toEqual([{ command: 'quit', reply: '221 2.0.0 Bye' }]);
  }
});
