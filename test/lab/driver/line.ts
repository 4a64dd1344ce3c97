/** A TCP line to a server, as long and as faulty as a test or a benchmark wants it. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LineOptions {
  /** Added to every exchange, half of it in each direction; the opening of a connection takes one and a half. */
  readonly roundTripMilliseconds?: number;
  /** What is wrong with a connection, by its number from 0 on; null: nothing. */
  readonly fault?: (connection: number) => Fault | null;
}

/** `afterBytes` counts what the server has said; nothing more of it comes through. */
export type Fault =
  | { readonly kind: 'silent' }
  | { readonly kind: 'reset' | 'stall' | 'end'; readonly afterBytes: number }
  | { readonly kind: 'says'; readonly text: string };

export interface Line {
  readonly port: number;
  /** So far, over all connections. */
  readonly bytes: { up: number; down: number };
  /** How often the client has spoken after it had heard something: what a line however fast makes it wait for. */
  turns: number;
  connections: number;
  close(): void;
}

/** Opens a line on the loopback. */
export async function openLine(host: string, port: number, options: LineOptions = {}): Promise<Line> {
  const half = (options.roundTripMilliseconds ?? 0) / 2;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, here => {
    const fault = options.fault?.(line.connections) ?? null;
    line.connections += 1;
    sockets.add(here.on('close', () => sockets.delete(here)).on('error', () => {}));
    here.setNoDelay(true);
    if (fault?.kind === 'silent') return void here.resume();
    if (fault?.kind === 'says') return void here.resume().end(fault.text);
    after(half * 3, () => join(here, fault));
  });
  const line: Line = {
    port: 0,
    bytes: { up: 0, down: 0 },
    turns: 0,
    connections: 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };

  function join(here: Socket, fault: Exclude<Fault, { kind: 'silent' | 'says' }> | null): void {
    const there = connect({ host, port, allowHalfOpen: true, noDelay: true });
    sockets.add(there.on('close', () => sockets.delete(there)));
    there.on('error', () => here.destroy());
    let isCut = false;
    let hasHeard = false;
    here.on('data', chunk => {
      if (isCut) return;
      line.bytes.up += chunk.length;
      if (hasHeard) line.turns += 1;
      hasHeard = false;
      after(half, () => there.destroyed || there.write(chunk));
    });
    here.on('end', () => after(half, () => there.end()));
    here.on('close', () => after(half, () => there.destroy()));
    let left = fault?.afterBytes ?? Number.POSITIVE_INFINITY;
    there.on('data', chunk => {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      line.bytes.down += passed.length;
      after(half, () => {
        hasHeard = true;
        if (!here.destroyed) here.write(passed, () => left === 0 && cut());
      });
    });
    there.on('end', () => after(half, () => here.end()));
    const cut = (): void => {
      isCut = true;
      if (fault?.kind === 'stall') return void there.pause();
      there.destroy();
      if (fault?.kind === 'reset') here.resetAndDestroy();
      if (fault?.kind === 'end') here.destroySoon();
    };
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(line, { port: (server.address() as AddressInfo).port });
}

/** At once where there is nothing to wait for: a timer would cost a millisecond. */
const after = (milliseconds: number, then: () => void): void => {
  if (milliseconds <= 0) then();
  else setTimeout(then, milliseconds);
};
