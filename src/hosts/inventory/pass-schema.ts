import { portRange, tunnelEndName } from './settings.ts';
import { choice, either, list, mapping, text, wholeNumber } from './value-schemas.ts';

const port = () => wholeNumber('a port', 1, 65_535, { description: 'A port of the other side' });
const range = () => text(portRange, { description: 'A range of ports', examples: ['8000:8100'] });

/** The key `packet_filter.pass`. */
export const passSchema = list(
  mapping(
    {
      from: text(tunnelEndName, {
        description: `The side that opens connections: a relay or a gateway of the inventory, its address in the tunnel, or a
          machine behind a gateway, given as a workstation of the inventory or as an address or a prefix of the gateway's
          LAN, of the same family as the tunnel.`,
      }),
      to: text(tunnelEndName, {
        description: 'The other side, in the same form. One of the two sides is a relay.',
      }),
      proto: choice(['tcp', 'udp'], { description: '"tcp" or "udp".' }),
      port: either(
        [
          port(),
          range(),
          list(
            either([port(), range()], {
              thing: portRange.thing,
              remedy: portRange.remedy,
              description: 'A port, or a range of them',
            }),
            {
              thing: 'a list of ports',
              remedy: 'write a list of ports, as in [80, 443]',
              most: 100,
              description: 'Several ports',
            },
          ),
        ],
        {
          thing: 'a port',
          remedy: 'write a port, a range or a list of them, as in [80, "8000:8100"]',
          description: 'A port of "to", a range of ports as in "8000:8100", or a list of both.',
        },
      ),
    },
    { thing: 'a rule', description: 'Traffic that may pass' },
  ),
  {
    thing: 'a list of rules',
    remedy: 'write a list, as in [{ from: namorar, to: carinho, proto: tcp, port: 443 }]',
    description: `A list of further traffic that may pass the tunnel, from one side to the other. Both ends get the rules.

      For a machine behind a gateway, a "wgaip" is added to the relay's peer for that gateway, and a route through the
      tunnel is added to the relay, in hostname.if(5) and in the running system. From then on everything that the relay
      sends to that address goes through the tunnel, and what no rule passes is blocked. The gateway forwards packets of
      that family ("net.inet6.ip6.forwarding" or "net.inet.ip.forwarding"), set in a block of sysctl.conf(5) unless your
      own lines set it already; its other traffic is then forwarded as far as your pf.conf(5) permits. A machine in "to"
      sees the gateway's own LAN address ("nat-to"), so its default route need not point to the gateway. A machine in
      "from" needs a route to the relay's address in the tunnel via the gateway's LAN address, which mailtun does not add;
      the relay sees the address of the machine itself. An address that is behind two gateways is an error, and so is a
      prefix with the address from which the gateway may send the packets of the tunnel itself.`,
  },
);
