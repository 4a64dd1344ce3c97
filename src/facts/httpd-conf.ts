/** The servers of httpd.conf(5) that listen on port 80 without TLS, in a text that is the user's. Pure. */

interface HttpServer {
  /** Its name and aliases, in lower case: fnmatch(3) patterns; `*` where a pattern of Lua's chooses it. */
  readonly names: readonly string[];
  /** As `listen on` has them; a macro's is its value. */
  readonly addresses: readonly string[];
  /** Whether it has a location for ACME challenges, or may have one in a file that it includes. */
  readonly challenges: boolean;
}

const LISTEN = /\blisten\s+on\s+(\S+)\s+port\s+"?(?:http|www|80)"?(?![\w"])/g;

const MACRO = /^[ \t]*(\w+)[ \t]*=[ \t]*"?([^\s"]+)"?/gm;

/** The servers of an httpd.conf(5). */
export function httpServers(text: string): readonly HttpServer[] {
  const bare = text.replaceAll(/#.*$/gm, '');
  const macros = new Map([...bare.matchAll(MACRO)].map(([, name = '', value = '']) => [`$${name}`, value]));
  const parts = bare.split(/^[ \t]*(?=server\s)/m).filter(part => part.startsWith('server'));
  return parts.flatMap(part => {
    const [, match, name = ''] = /^server\s+(match\s+)?"?([^\s"{]+)"?/.exec(part) ?? [];
    const aliases = [...part.matchAll(/\balias\s+(match\s+)?"?([^\s"{}]+)"?/g)].map(at =>
      at[1] ? '*' : (at[2] ?? ''),
    );
    const addresses = [...part.matchAll(LISTEN)].map(([, at = '']) => macros.get(at) ?? at.replaceAll('"', ''));
    if (addresses.length === 0) return [];
    return {
      names: [match ? '*' : name, ...aliases].map(one => one.toLowerCase()),
      addresses,
      challenges: part.includes('/.well-known/acme-challenge/') || includesInside(part),
    };
  });
}

/** `include` between the braces of a server, as parse.y of httpd takes it; one behind them is not the server's. */
const includesInside = (part: string): boolean =>
  [...part.matchAll(/^[ \t]*include\s/gm)].some(({ index }) => {
    const before = part.slice(0, index);
    return before.split('{').length > before.split('}').length;
  });

/** Whether a server's name matches a host name: fnmatch(3) with `*` and `?`. */
export const matches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[^\w*?]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name);
