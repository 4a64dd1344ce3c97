/** SSH connections that can be cut: a TCP proxy before every host, and a port that cuts those of one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

export interface Cuttable {
  /** The lab's inventory, with the proxies in it. */
  readonly inventory: string;
  /** A command that cuts all connections to a host and returns when that is done. */
  cut(host: string): readonly string[];
  close(): Promise<void>;
}

/** @param inventory the lab's. @param dir where the other one is written. */
export async function cuttable(inventory: string, dir: string): Promise<Cuttable> {
  let text = readFileSync(inventory, 'utf8');
  const servers: Server[] = [];
  const cutters = new Map<string, number>();
  for (const [, host = '', address = ''] of text.matchAll(/^ {2}(\w+):\n {4}role: .*\n {4}ssh:\n {6}host: (\S+)$/gm)) {
    const open = new Set<Socket>();
    const proxy = await listening(client => {
      const upstream = connect(22, address);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        open.add(one);
        one.pipe(other);
        one.on('error', () => {});
        one.on('close', () => {
          open.delete(one);
          other.destroy();
        });
      }
    });
    const cutter = await listening(socket => {
      for (const one of open) one.destroy();
      socket.end('cut\n');
    });
    servers.push(proxy, cutter);
    cutters.set(host, portOf(cutter));
    text = text.replace(`host: ${address}\n`, `host: 127.0.0.1\n      port: ${portOf(proxy)}\n`);
  }
  const path = join(dir, 'cuttable.yaml');
  writeFileSync(path, text);
  return {
    inventory: path,
    cut: host => ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${cutters.get(host)}; read -r line <&3`],
    close: async () => {
      await Promise.all(servers.map(server => new Promise(done => server.close(done))));
    },
  };
}

const listening = (onClient: (socket: Socket) => void): Promise<Server> =>
  new Promise(resolve => {
    const server = createServer(onClient);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
