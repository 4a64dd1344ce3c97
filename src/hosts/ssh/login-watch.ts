/** A login in progress: its stage, its timeout, and the message if it fails. */
import type { Duplex } from 'node:stream';
import type { Failure } from '../../run/failure.ts';
import type { SessionBinding } from './agent.ts';
import { brokenLogin, type Destination, type Stage } from './login-faults.ts';

/** A login in progress. */
export interface LoginWatch {
  stage: Stage;
  /** The first bytes from the other side. */
  said: Buffer;
  /** What is wrong with the host's key or with ours; null as long as nothing is known to be. */
  refusal: Failure | null;
  /** The host key and the host's signature, once there is one. */
  verification: Pick<SessionBinding, 'hostKey' | 'signature'> | undefined;
  /** Enters a stage; the login is given up if nothing happens for this long. */
  waitIn(stage: Stage, seconds?: number): void;
  /** Ends the login, and closes the socket. */
  fail(problem: string): void;
  /** Stops the timeout when the login has succeeded or failed. */
  settle(): void;
}

/** Watches a login. @param reject is called with the Failure, once. */
export function loginWatch(
  { destination, socket, timeoutSeconds }: { destination: Destination; socket: Duplex; timeoutSeconds: number },
  reject: (failure: Failure) => void,
): LoginWatch {
  let waiting: NodeJS.Timeout | undefined;
  let isSettled = false;
  const watch: LoginWatch = {
    stage: 'greeting',
    said: Buffer.alloc(0),
    refusal: null,
    verification: undefined,
    waitIn(stage, seconds = timeoutSeconds) {
      if (isSettled) return;
      watch.stage = stage;
      clearTimeout(waiting);
      waiting = setTimeout(() => watch.fail(`nothing for ${seconds} s`), seconds * 1000);
    },
    fail(problem) {
      watch.settle();
      socket.destroy();
      reject(watch.refusal ?? brokenLogin(destination, watch.stage, watch.said, problem));
    },
    settle() {
      isSettled = true;
      clearTimeout(waiting);
    },
  };
  return watch;
}
