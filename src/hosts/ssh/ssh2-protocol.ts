/** What is changed in ssh2 for a login, in parts of it that its interface does not show. */
import type ssh2 from 'ssh2';
import type { AuthenticationWire, UserAuthentication } from './userauth.ts';

/**
 * After the login sshd announces all its host keys (UpdateHostKeys of ssh_config). ssh2 would have it sign with each of
 * them, during our first exchange, and break off the connection at a type of key that it does not know; it has no
 * option for that. No global request of a server concerns us.
 */
export function ignoreAnnouncedHostKeys(client: ssh2.Client): void {
  type Handler = (protocol: { requestFailure(): void }, name: string, wantsReply: boolean) => void;
  const ignore: Handler = (protocol, _name, wantsReply) => {
    if (wantsReply) protocol.requestFailure();
  };
  protocolOf(client)._handlers.GLOBAL_REQUEST = ignore;
}

/** Parts of ssh2's protocol that its interface does not show. */
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

// A private field, which no interface of ssh2 shows; the version of ssh2 is pinned.
const protocolOf = (client: ssh2.Client): Protocol => (client as unknown as { _protocol: Protocol })._protocol;

/** Of the connection, once keys have been exchanged. */
export const sessionIdOf = (client: ssh2.Client): Buffer => protocolOf(client)._kex.sessionID;

/** What the host has signed to prove that it has its key. */
export const hostSignatureOf = (client: ssh2.Client): Buffer => protocolOf(client)._kex._sig;

/**
 * ssh2 reads three types of keys and signs with no certificate, and it waits for two answers that need not be waited
 * for. So our own packets take the place of its authentication; the first goes out with the request for the service.
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
    authentication = open({
      send,
      sessionId: () => protocol._kex.sessionID,
      signatureAlgorithms: () => algorithms,
    });
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
