/** Changes to ssh2 for a login, in parts that are not in its public interface. */
import type ssh2 from 'ssh2';
import type { AuthenticationWire, UserAuthentication } from './userauth.ts';

/**
 * Ignores the global requests of a server. After the login, sshd announces all its host keys (UpdateHostKeys of
 * ssh_config). ssh2 would have it sign with each of them during the first exchange, and disconnect at an unknown type
 * of key; no option prevents that.
 */
export function ignoreAnnouncedHostKeys(client: ssh2.Client): void {
  type Handler = (protocol: { requestFailure(): void }, name: string, wantsReply: boolean) => void;
  const ignore: Handler = (protocol, _name, wantsReply) => {
    if (wantsReply) protocol.requestFailure();
  };
  protocolOf(client)._handlers.GLOBAL_REQUEST = ignore;
}

/** Parts of ssh2's protocol that are not in its public interface. */
interface Protocol {
  _handlers: Record<string, unknown>;
  readonly _kex: { readonly sessionID: Buffer; readonly _sig: Buffer };
  readonly _authsQueue: string[];
  readonly _packetRW: {
    readonly write: { allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
  service(name: string): void;
}

// The types of ssh2 do not have this private field; its version is pinned.
const protocolOf = (client: ssh2.Client): Protocol => (client as unknown as { _protocol: Protocol })._protocol;

/** The session id, once keys have been exchanged. */
export const sessionIdOf = (client: ssh2.Client): Buffer => protocolOf(client)._kex.sessionID;

/** The signature with which the host has proved that it has its key. */
export const hostSignatureOf = (client: ssh2.Client): Buffer => protocolOf(client)._kex._sig;

/**
 * Replaces the authentication of ssh2, which supports only three types of keys and no certificates, and waits for two
 * answers without need. The first packet is sent together with the service request.
 */
export function logInWith(
  client: ssh2.Client,
  open: (wire: Omit<AuthenticationWire, 'exhausted'>) => UserAuthentication,
): void {
  const protocol = protocolOf(client);
  const send = (payload: Buffer, method: string): void => {
    const { write } = protocol._packetRW;
    const start = write.allocStart;
    const packet = write.alloc(payload.length);
    packet.set(payload, start);
    protocol._authsQueue.push(method);
    protocol._cipher.encrypt(write.finalize(packet));
  };
  let authentication: UserAuthentication | null = null;
  let algorithms: readonly string[] | null = null;
  const service = protocol.service.bind(protocol);
  protocol.service = name => {
    service(name);
    authentication = open({ send, sessionId: () => protocol._kex.sessionID, signatureAlgorithms: () => algorithms });
    authentication.begin();
  };
  Object.assign(protocol._handlers, {
    SERVICE_ACCEPT: () => {},
    EXT_INFO: (_: Protocol, extensions: readonly { name: string; algs?: readonly string[] }[]) => {
      algorithms = extensions.find(({ name }) => name === 'server-sig-algs')?.algs ?? algorithms;
    },
    USERAUTH_PK_OK: () => authentication?.welcome(),
    USERAUTH_FAILURE: (_: Protocol, methods: readonly string[], partial: boolean) =>
      authentication?.refused(methods, partial),
  });
}
