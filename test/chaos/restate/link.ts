/** A wire between two programs on loopback that can be cut, and led to somebody else. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** One end to connect to, and a list of ports behind it: the first that answers is used. */
export interface Link extends Disposable {
  readonly url: string
  /** Whom new connections go to, in this order; those that are open stay. */
  leadTo(ports: readonly number[]): void
  /** Cuts what is open, and everything until it is healed. */
  cut(): void
  heal(): void
  /** Cuts what is open; new connections are made at once. */
  drop(): void
}

/** Opens a wire. */
export async function openLink(): Promise<Link> {
  let ports: readonly number[] = []
  let isCut = false
  const sockets = new Set<Socket>()
  const hold = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }
  const lead = (near: Socket, at: number): void => {
    const port = ports[at]
    if (port === undefined || isCut) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    far.once('error', () => lead(near, at + 1))
    far.once('connect', () => {
      hold(far)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
      near.pipe(far).pipe(near)
    })
  }
  const server = createServer((near) => lead(hold(near), 0))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const drop = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (to) => (ports = to),
    cut() {
      isCut = true
      drop()
    },
    heal: () => (isCut = false),
    drop,
    [Symbol.dispose]() {
      drop()
      server.close()
    },
  }
}
