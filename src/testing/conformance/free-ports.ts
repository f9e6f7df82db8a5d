/**
 * Ports of this machine, for servers of one's own.
 *
 * Invariants:
 * 1. A port that was given to somebody is given to nobody else on this machine until it is released, or its process has ended:
 *    a datagram socket of the same number is held for it, which is in nobody's way.
 * 2. It is none that the system gives away by itself, for a connection or to whoever asks for any.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const LOOPBACK = '127.0.0.1'
const PORT_LEAST = 10_000
const PORT_MOST = 65_535
/** Where a system does not say which ones it gives away: those of RFC 6335. */
const GIVEN_AWAY: Range = { least: 49_152, most: PORT_MOST }
const TRIES_MAX = 10_000

type Range = { readonly least: number; readonly most: number }

const held = new Map<number, Socket>()

/** Ports that nobody has; they are the caller's until `releasePorts`, or until its process ends. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const range = ownRange()
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === TRIES_MAX)
      throw new Error(
        `no ${count} ports from ${range.least} to ${range.most} are free; release some, or end what holds them`,
      )
    const port = randomInt(range.least, range.most + 1)
    if (await isReserved(port)) ports.push(port)
  }
  return ports
}

/** Lets others have them. */
export function releasePorts(ports: readonly number[]): void {
  for (const port of ports) {
    held.get(port)?.close()
    held.delete(port)
  }
}

/** Reserves a port; false when somebody else has, or listens there. */
async function isReserved(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref()
  socket.bind({ port, address: LOOPBACK, exclusive: true })
  if (!(await isBound(socket, 'listening'))) return false
  const server = createServer().listen({ port, host: LOOPBACK, exclusive: true })
  if (!(await isBound(server, 'listening'))) {
    socket.close()
    return false
  }
  server.close()
  await once(server, 'close')
  held.set(port, socket)
  return true
}

const isBound = (one: NodeJS.EventEmitter, event: string): Promise<boolean> =>
  once(one, event).then(
    () => true,
    () => false,
  )

/** The larger of the two that are left beside what the system gives away. */
function ownRange(): Range {
  const { least, most } = givenAway()
  const [below, above] = [
    { least: PORT_LEAST, most: least - 1 },
    { least: most + 1, most: PORT_MOST },
  ]
  return below.most - below.least > above.most - above.least ? below : above
}

function givenAway(): Range {
  try {
    const [least = 0, most = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .split(/\s+/u)
      .map(Number)
    return { least, most }
  } catch {
    return GIVEN_AWAY
  }
}
