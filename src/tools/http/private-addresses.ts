/** Addresses that do not lie in the public internet: the host itself, its network, its cloud's metadata service. */
import { BlockList, isIP } from 'node:net'
import { SkeinError } from '../../std/index.ts'

const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** Addresses that carry one of version 4 inside (NAT64, 6to4, Teredo) could lead anywhere. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

const privates = new BlockList()
for (const [net, bits] of PRIVATE_V4) privates.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of PRIVATE_V6) privates.addSubnet(net, bits, 'ipv6')

/** Which addresses may be connected to. */
export type AddressRule = (address: string) => boolean

/** Public addresses, and what `named` names: addresses, or nets as `10.1.0.0/16`. Throws `DEFINITION_INVALID`. */
export function addressRule(named: readonly string[]): AddressRule {
  const allowed = new BlockList()
  for (const net of named) {
    const [address = '', bits] = net.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    try {
      if (bits === undefined) allowed.addAddress(address, family)
      else allowed.addSubnet(address, Number(bits), family)
    } catch {
      throw new SkeinError(
        'DEFINITION_INVALID',
        `${JSON.stringify(net)} is no address and no net; write 127.0.0.1, ::1 or 10.1.0.0/16`,
      )
    }
  }
  return (given) => {
    const address = MAPPED.exec(given)?.[1] ?? given
    const version = isIP(address)
    if (version === 0) return false
    const family = version === 6 ? 'ipv6' : 'ipv4'
    return allowed.check(address, family) || !privates.check(address, family)
  }
}
