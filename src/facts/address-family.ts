/** The family of an address or a prefix, as ifconfig(8), route(8) and pf.conf(5) have it. */
export const inetOf = (address: string): 'inet' | 'inet6' => (address.includes(':') ? 'inet6' : 'inet');
