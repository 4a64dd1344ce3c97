import { type Host, workstationsOf } from '../hosts/fleet.ts';
import { certificatePath, selfSigned } from '../resources/certificate.ts';
import { clock } from '../resources/clock.ts';
import type { Task } from '../run/task.ts';
import { needsTls, type View } from './hops.ts';
import { publicNames } from './shown-certificates.ts';

/** Keys and self-signed certificates, each made on the host that presents it. */
export const certificates: Task<Host, View> = {
  name: 'certificates',
  summary: 'every name of the host has a key and a certificate',
  resources: (host, fleet) => {
    const names = selfSignedNames(host, fleet);
    return names.length === 0 ? [] : [clock(host.name, names.map(certificatePath)), ...names.map(selfSigned)];
  },
};

/**
 * Names of the tunnel and the LAN, and the public ones: theirs is used until a certificate authority has issued one for
 * them. Without TLS in the tunnel and the LAN only the public ones are left.
 */
export function selfSignedNames(host: Host, fleet: View): readonly string[] {
  const inside = needsTls(fleet);
  if (host.role === 'workstation') return inside ? [host.lan.name] : [];
  if (host.role === 'relay')
    return inside ? [...new Set([host.tunnel.name, ...publicNames(host)])] : [...new Set(host.mx.map(mx => mx.name))];
  const lan = host.lan && workstationsOf(fleet, host).length > 0 ? [host.lan.name] : [];
  return inside ? [host.tunnel.name, ...lan] : [];
}
