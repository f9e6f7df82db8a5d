/** What a worker serves to a Restate server: all objects of an installation, behind one endpoint. */
import type { Clock, Hash } from '../../std/index.ts'
import { arrivalObject } from './arrival-object.ts'
import { departureObject } from './departure-object.ts'
import { openEndpoint } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { mailboxObject } from './mailbox-object.ts'
import type { RestateMoves } from './move.ts'
import { processObject } from './process-object.ts'
import type { Residences } from './process-object.ts'
import type { RestateOptions } from './restate-options.ts'
import { loadSdk } from './sdk.ts'
import { settingsObject } from './settings-object.ts'
import { tokenObject } from './token-object.ts'
import type { ServiceNames } from './wire.ts'

/** Where a worker listens unless it is told otherwise. */
export const LOOPBACK = '127.0.0.1'

/** What the objects need of their worker. */
export type ObjectParts = {
  readonly names: ServiceNames
  readonly residences: Residences
  readonly moves: RestateMoves
  readonly hash: Hash
  readonly clock: Clock
}

/** Listens; the server does not know of it yet. Throws `PACKAGE_MISSING`, and `USAGE` where somebody else listens. */
export async function serveObjects(
  served: NonNullable<RestateOptions['worker']>,
  { names, residences, moves, hash, clock }: ObjectParts,
): Promise<Endpoint> {
  const sdk = await loadSdk()
  const objects = [
    processObject(sdk, names, { residences, hash }),
    mailboxObject(sdk, names),
    tokenObject(sdk, names, hash),
    settingsObject(sdk, names),
    departureObject(sdk, names, moves),
    arrivalObject(sdk, names, moves),
  ]
  const { port = 0, address = LOOPBACK, sharePort = false, identityKeys = [] } = served
  return openEndpoint(sdk, objects, { port, address, sharePort, identityKeys, clock })
}
