/** A login under way: how far it has come, how long it may take, and what to say where it does not come about. */
import type { Duplex } from 'node:stream';
import type { Failure } from '../../run/failure.ts';
import type { SessionBinding } from './agent.ts';
import { brokenLogin, type Destination, type Stage } from './login-faults.ts';

/** A login under way. */
export interface LoginWatch {
  stage: Stage;
  /** The first bytes that the other side sent. */
  said: Buffer;
  /** What is wrong with the host's key, or with ours; null where nothing is known to be. */
  refusal: Failure | null;
  /** The host key and what the host has signed with it, once it has. */
  verification: Pick<SessionBinding, 'hostKey' | 'signature'> | undefined;
  /** Another stage has begun; the login is given up when nothing moves for so long. */
  waitIn(stage: Stage, seconds?: number): void;
  /** It has ended: the socket is closed. */
  fail(problem: string): void;
  /** It has come about, or has failed. */
  settle(): void;
}

/** @param reject gets the Failure, once. */
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
