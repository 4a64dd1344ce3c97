import type { Task } from '../engine/task.ts';
import { type Fleet, type Host, workstationsOf } from '../hosts/fleet.ts';
import { selfSigned } from '../resources/certificate.ts';

/** Keys and self-signed certificates, each made on the host that shows it. */
export const certificates: Task<Host, Fleet> = {
  name: 'certificates',
  summary: 'every name the host answers to has a key and a certificate',
  appliesTo: () => true,
  resources: (host, fleet) => selfSignedNames(host, fleet).map(selfSigned),
};

/** Tunnel and LAN names always; the public ones unless a CA vouches for them. */
export function selfSignedNames(host: Host, fleet: Fleet): readonly string[] {
  if (host.role === 'workstation') return [host.lan.name];
  if (host.role === 'gateway')
    return [host.tunnel.name, ...(host.lan && workstationsOf(fleet, host).length > 0 ? [host.lan.name] : [])];
  const open = host.certificates.kind === 'self_signed' ? [host.outbound.name, ...host.mx.map(mx => mx.name)] : [];
  return [...new Set([host.tunnel.name, ...open])];
}
