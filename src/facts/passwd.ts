import { linesOf } from './lines.ts';

/** First uid that adduser(8) gives to people, and that of nobody. */
const PEOPLE = { first: 1000, nobody: 32_767 };

/** Logins of people in lines `name:uid:shell` of passwd(5): those who may log in. */
export const parseLogins = (text: string): readonly string[] =>
  linesOf(text).flatMap(line => {
    const [name = '', uid = '', shell = ''] = line.split(':');
    const isPerson = /^\d+$/.test(uid) && Number(uid) >= PEOPLE.first && Number(uid) < PEOPLE.nobody;
    return isPerson && !/\/(nologin|false)$/.test(shell) ? [name] : [];
  });
