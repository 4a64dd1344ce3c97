import { portRange, tunnelEndName } from './settings.ts';
import { choice, either, list, mapping, text, wholeNumber } from './value-schemas.ts';

const port = () => wholeNumber('a port', 1, 65_535, { description: 'A port of the other side' });
const range = () => text(portRange, { description: 'A range of ports', examples: ['8000:8100'] });

/** Other traffic that may pass the tunnel. */
export const passSchema = list(
  mapping(
    {
      from: text(tunnelEndName, {
        description:
          'The side that opens connections: a host of this inventory, or an address or a prefix behind a gateway',
      }),
      to: text(tunnelEndName, {
        description:
          'The other side, in the same form; one side is a relay, the other a gateway or a machine behind it',
      }),
      proto: choice(['tcp', 'udp'], { description: 'The protocol' }),
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
          description: 'Ports of the other side',
        },
      ),
    },
    { thing: 'a rule', description: 'Traffic that may pass' },
  ),
  {
    thing: 'a list of rules',
    remedy: 'write a list, as in [{ from: namorar, to: carinho, proto: tcp, port: 443 }]',
    description: 'Further traffic that may pass the tunnel',
  },
);
