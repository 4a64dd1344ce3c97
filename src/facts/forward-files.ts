/** Homes and ~/.forward files of users, as stat(1) prints them. */
import { linesOf } from './lines.ts';

/** What stat(1) says of a home, followed through links, and of the ~/.forward in it, not followed. */
export interface ForwardFile {
  readonly login: string;
  /** Of the user. */
  readonly uid: string;
  /** `drwxr-xr-x`. */
  readonly mode: string;
  readonly owner: string;
  readonly bytes: number;
  readonly path: string;
}

/** Lines `stat LOGIN UID MODE OWNER SIZE PATH`; the path of a home ends in `/.`. */
export const parseForwardFiles = (text: string): readonly ForwardFile[] =>
  linesOf(text).flatMap(line => {
    const [, login = '', uid = '', mode = '', owner = '', bytes, path] =
      /^stat (\S+) (\d+) ([-a-z][-rwxsStT]{9}) (\d+) (\d+) (\/.*)$/s.exec(line) ?? [];
    return path === undefined ? [] : [{ login, uid, mode, owner, bytes: Number(bytes), path }];
  });
