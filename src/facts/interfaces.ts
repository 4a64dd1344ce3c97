/** The output of `ifconfig -A`, parsed for several purposes; without -A ifconfig(8) prints no wg(4) peers (ifconfig.c). */
import { command, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import {
  type Interface,
  type InterfaceAddress,
  parseAddresses,
  parseInterfaces,
  parseWgInterfaces,
  type WgInterface,
} from './ifconfig.ts';

const IFCONFIG = unchangedBy(['waited for'], command('exec ifconfig -A'));

const read = <T>(parse: (text: string) => T): Fact<T> => fact('ifconfig -A', IFCONFIG, parse);

/** Every interface, with its permanent addresses. */
export const INTERFACES: Fact<readonly Interface[]> = read(parseInterfaces);

/** Every address of any interface, including temporary ones. */
export const ADDRESSES: Fact<readonly InterfaceAddress[]> = read(parseAddresses);

/** Every wg(4) interface. */
export const WG_INTERFACES: Fact<readonly WgInterface[]> = read(parseWgInterfaces);
