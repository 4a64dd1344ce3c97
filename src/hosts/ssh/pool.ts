/** Logins that several sessions of a run share: those with a host, and with hosts that are reached through it. */
import type { Login } from './login.ts';
import { type Ask, askOnTerminal } from './passphrase.ts';
import { createSigner } from './signing.ts';

/** A reference to a login, which is closed when the last one is released. */
export interface Share {
  readonly login: Login;
  release(): Promise<void>;
}

/** The logins of a run, shared by the hosts that need them. */
export interface Pool {
  /** The login under this name if it is open, or being opened; else `open` is called. */
  share(name: string, open: () => Promise<Login>): Promise<Share>;
  readonly signer: ReturnType<typeof createSigner>;
}

/** Makes an empty pool. @param ask how a person is asked for a passphrase; the default is on the terminal. */
export function createPool(ask: Ask = askOnTerminal): Pool {
  const logins = new Map<string, { login: Promise<Login>; shares: number; isOver: boolean }>();
  return {
    signer: createSigner(ask),
    async share(name, open) {
      const running = logins.get(name);
      const entry = running && !running.isOver ? running : { login: open(), shares: 0, isOver: false };
      logins.set(name, entry);
      entry.shares += 1;
      const login = await entry.login.catch(error => {
        entry.isOver = true;
        throw error;
      });
      void login.ended.then(() => {
        entry.isOver = true;
      });
      let released = false;
      return {
        login,
        async release() {
          if (released) return;
          released = true;
          entry.shares -= 1;
          if (entry.shares > 0) return;
          entry.isOver = true;
          await login.close();
        },
      };
    },
  };
}
