/** What `ifconfig -A` prints, read in several manners; without -A the peers of wg(4) are left out (ifconfig.c). */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import {
  type Interface,
  type InterfaceAddress,
  parseAddresses,
  parseInterfaces,
  parseWgInterfaces,
  type WgInterface,
} from './ifconfig.ts';

const read = <T>(parse: (text: string) => T): Fact<T> => fact('ifconfig -A', command('exec ifconfig -A'), parse);

/** Every interface that has addresses which last. */
export const INTERFACES: Fact<readonly Interface[]> = read(parseInterfaces);

/** Every address of any interface, those that do not last as well. */
export const ADDRESSES: Fact<readonly InterfaceAddress[]> = read(parseAddresses);

/** Every wg(4) interface. */
export const WG_INTERFACES: Fact<readonly WgInterface[]> = read(parseWgInterfaces);
