/**
 * Where the server reaches this worker: an HTTP/2 endpoint with the objects of one installation.
 *
 * Invariants:
 * 1. It is closed when no request is left, or after a moment; what the server had open here is attempted again elsewhere.
 * 2. Whoever is turned away is answered first, and so is whatever else came over the same connection.
 */
import { createServer } from 'node:http2'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import { ENDPOINT_CLOSE_MS } from './limits.ts'
import type { Sdk } from './sdk.ts'

/** An endpoint that is open. */
export type Endpoint = AsyncDisposable & {
  readonly port: number
  /** Has the server connect anew: behind one address there may be another worker, for what is attempted again. */
  readonly turnAway: () => void
  /** Cuts everything off, as the end of this machine would. */
  readonly cut: () => void
}

/** Where an endpoint listens; port 0 is any that is free. */
export type EndpointOptions = {
  readonly port: number
  readonly address: string
  readonly sharePort: boolean
  readonly identityKeys: readonly string[]
}

/** Opens an endpoint for `objects`. */
export async function openEndpoint(
  sdk: Sdk,
  objects: Parameters<Sdk['createEndpointHandler']>[0]['services'],
  { identityKeys, clock, ...place }: EndpointOptions & { readonly clock: Clock },
): Promise<Endpoint> {
  const handler = sdk.createEndpointHandler({
    services: objects,
    // The server reports what becomes of its invocations; here it would be said twice.
    logger: () => {},
    ...(identityKeys.length === 0 ? {} : { identityKeys: [...identityKeys] }),
  })
  const server = createServer(handler)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    // A connection that breaks is the server's to make again.
    session.on('error', () => session.destroy())
  })
  await listen(server, place)
  const cut = (): void => {
    server.close()
    for (const session of sessions) session.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    turnAway() {
      for (const session of sessions) session.close()
    },
    cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const session of sessions) session.close()
      using _ = clock.timer(ENDPOINT_CLOSE_MS, cut)
      await closed
    },
  }
}

function listen(
  server: Http2Server,
  { port, address, sharePort }: Pick<EndpointOptions, 'port' | 'address' | 'sharePort'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new SkeinError(
              'USAGE',
              `somebody listens on port ${port} of ${address} already; give this worker another port, or let workers of one ` +
                'installation share it (`worker.sharePort`; share=true in an address)',
              { cause },
            )
          : cause,
      ),
    )
    server.listen({ port, host: address, reusePort: sharePort }, () => resolve())
  })
}
