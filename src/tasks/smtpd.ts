import { MAILNAME } from '../facts/mail-name.ts';
import { serviceState } from '../facts/service-state.ts';
import { type Fleet, gatewaysOf, type Host, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import { certificateKey } from '../resources/certificate.ts';
import { file, type Need, ofRoot } from '../resources/file.ts';
import { mailName } from '../resources/mail-name.ts';
import { type DesiredService, service } from '../resources/service.ts';
import { unwantedFiles } from '../resources/unwanted-files.ts';
import type { Question, Resource } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { loadableAliases } from './alias-lines.ts';
import { ALIASES, RECIPIENTS } from './aliases.ts';
import { selfSignedNames } from './certificates.ts';
import { HASH, SECRETS } from './credentials.ts';
import { keepingNames } from './exchanged-names.ts';
import { filterFiles, filterResources } from './filter-files.ts';
import { leavingStations } from './gone.ts';
import { deliveriesOf, needsTls, type View } from './hops.ts';
import { CONF } from './in-force.ts';
import { refusingMissing } from './missing-files.ts';
import { ownFiles } from './own-certificates.ts';
import { OWN_LINES, ownLines, sayingWhatIsLost } from './own-lines.ts';
import { keepPresented, presentedBy, presentsFormer } from './presented.ts';
import { QUEUE_FITS } from './queue-fits.ts';
import { fileToCome, queueNeeds } from './queue-needs.ts';
import { READS_QUEUE } from './queue-options.ts';
import { selfSignedPki, vouchedNames, vouchedPki } from './shown-certificates.ts';
import { smtpdConf } from './smtpd-conf.ts';
import { signingOf } from './smtpd-dkim.ts';
import { programsOf } from './smtpd-filters.ts';
import { PAUSE } from './smtpd-pause.ts';
import { keptRunning } from './smtpd-standing.ts';
import { LAN_CA, lanCertificates, tunnelCertificates, type Vouched, VPN_CA } from './trust.ts';
import { withItsAddress } from './tunnel-address.ts';
import { waitingForEver } from './two-runs.ts';

/** OpenSMTPD: receives mail for the mail domains and passes it on, each hop verified. */
export const smtpd: Task<Host, View> = {
  name: 'smtpd',
  summary: 'smtpd receives mail for the mail domains and passes it on through the tunnel',
  resources: (host, fleet) => {
    if (fleet.circle) return [waitingForEver(CONF, host, fleet.circle)];
    if (fleet.isPut)
      return [mailName(host.name), loadableAliases(host.name), fileToCome(host, fleet), standingService(host, fleet)];
    const wanted = () => smtpdConf(host, fleet);
    const conf = sayingWhatIsLost(
      refusingMissing(confFile(host, fleet), host.name, {
        names: selfSignedNames(host, fleet),
        reads: filesOf(host, fleet),
      }),
      wanted,
    );
    return [
      mailName(host.name),
      loadableAliases(host.name),
      ...(host.ownLines ? [ownLines(conf, wanted)] : []),
      ...filterResources(host),
      keepingNames(leavingStations(withItsAddress(conf, host, fleet), host, fleet), host, fleet),
      smtpdService(host, fleet),
      // Removed after the restart: until then smtpd still reads them.
      ...(host.role === 'relay' && !presentsFormer(host, fleet) ? [unwantedFiles(ownFiles(host))] : []),
    ];
  },
};

const confFile = (host: Host, fleet: View): Resource =>
  file(CONF, {
    content(world, existing) {
      keepPresented(host, fleet, world);
      return smtpdConf(host, fleet, presentedBy(world, fleet), signingOf(host, fleet, world, existing));
    },
    adapts: queueNeeds(host, fleet),
    functions: ACCEPT,
    needs: needsOf(host, fleet),
    ...ofRoot('0644'),
    accept: ['smtpd', '-n', '-f'],
  });

const smtpdService = (host: Host, fleet: View): Resource =>
  service('smtpd', {
    reaches: 'the tunnel and the LAN',
    configuration: CONF,
    reads: filesOf(host, fleet),
    listens: listenersOf(host, fleet),
    log: '/var/log/maillog',
    pauses: PAUSE,
    ...(host.ownLines ? { accept: ['sh', '-c', READS_QUEUE] } : {}),
    ...greeting(host),
  });

/**
 * Of a host whose smtpd.conf waits: it may listen elsewhere than in the inventory. While it runs with older files, the others
 * cannot rely on it, and it would wait for them for ever.
 */
const standingService = (host: Host, fleet: View): Resource =>
  keptRunning(
    service('smtpd', {
      configuration: CONF,
      reads: filesOf(host, fleet),
      listens: [],
      log: '/var/log/maillog',
      pauses: PAUSE,
      accept: host.ownLines ? ['sh', '-c', READS_QUEUE] : ['smtpd', '-n'],
    }),
  );

/** smtpd answers nobody before all its filters are ready. */
function greeting(host: Host): Pick<DesiredService, 'greets'> {
  const names = programsOf(host).map(({ name }) => name);
  if (host.role !== 'relay' || names.length === 0) return {};
  const waitsFor = `it waits for a filter: ${names.join(', ')}`;
  return { greets: { addresses: host.mx.map(mx => mx.address), waitsFor } };
}

// Mail may have been queued since the question: the last check is on the host, right before the file is replaced.
const ACCEPT = `${QUEUE_FITS}
smtpd() { command smtpd "$@" && queue_fits "$3"; }
`;

/** smtpd -n refuses a configuration if files are missing, so those that contain other hosts' parts come first. */
function needsOf(host: Host, fleet: View): readonly Need[] {
  if (!needsTls(fleet)) return [];
  const vouched = (of: readonly Vouched[]) => of.map(one => ({ host: one.host, key: certificateKey(one.name) }));
  const lan = { path: LAN_CA, from: vouched(lanCertificates(host, fleet)) };
  if (host.role === 'workstation') return [lan];
  const hashes =
    host.role === 'relay' && fleet.mail.tls ? gatewaysOf(fleet).map(peer => ({ host: peer.name, key: HASH })) : [];
  return [{ path: VPN_CA, from: vouched(tunnelCertificates(host, fleet)) }, lan, { path: SECRETS, from: hashes }];
}

/** The question about the service. */
export const smtpdState = (host: Host, fleet: View): Question => serviceState('smtpd', filesOf(host, fleet));

/** Everything smtpd reads when it starts; files for TLS even if it is off, because it may still be in use. */
function filesOf(host: Host, fleet: View): readonly string[] {
  const vouched = host.role === 'relay' ? vouchedNames(host).map(name => vouchedPki(host, name)) : [];
  const pkis = [...selfSignedNames(host, { ...fleet, stillTls: true }).map(selfSignedPki), ...vouched];
  return [
    CONF,
    ...(host.ownLines ? [OWN_LINES] : []),
    ...filterFiles(host),
    ALIASES,
    ...(deliveriesOf(host, fleet).length > 0 ? [RECIPIENTS] : []),
    ...(host.role === 'workstation' ? [] : [SECRETS, VPN_CA]),
    ...(lanCertificates(host, fleet).length > 0 ? [LAN_CA] : []),
    ...new Set(pkis.flatMap(({ cert, key }) => [cert, key])),
    ...(readsPublicAuthorities(host, fleet) ? [PUBLIC_CA] : []),
    MAILNAME,
  ];
}

const PUBLIC_CA = '/etc/ssl/cert.pem';

/**
 * smtpd loads the public authorities when it starts if any `action relay` or `listen tls` names no `ca`, whether
 * anything is verified or not (mta.c, smtp.c). A gateway may name none where a relay has a certificate that one vouches for.
 */
const readsPublicAuthorities = (host: Host, fleet: Fleet): boolean =>
  host.role === 'relay' ||
  host.ownLines ||
  !fleet.mail.tls ||
  (host.role === 'gateway' && relaysOf(fleet).some(relay => vouchedNames(relay).includes(relay.outbound.name)));

const SMTP = 25;

function listenersOf(host: Host, fleet: Fleet): readonly { address: string; port: number }[] {
  return mailAddressesOf(host, fleet).map(address => ({ address, port: SMTP }));
}

/** The addresses that smtpd listens on. */
export function mailAddressesOf(host: Host, fleet: Fleet): readonly string[] {
  if (host.role === 'relay') return [host.tunnel.address, ...host.mx.map(mx => mx.address)];
  if (host.role === 'workstation') return [host.lan.address];
  return [host.tunnel.address, ...(host.lan && workstationsOf(fleet, host).length > 0 ? [host.lan.address] : [])];
}
