/**
 * An activation in a worker, as the handler that is open for it sees it.
 *
 * Invariant: everything that its handler tells it is told by number, so that the handler's next attempt may tell it again.
 */
import type { Epoch } from '../../std/index.ts'
import { ownerId, RemoteActivation } from '../remote-activation.ts'
import type { Beginning as RemoteBeginning, WorkerPorts } from '../remote-activation.ts'
import type { Soon } from '../platform/soon.ts'
import { RESTATE_FRAME_BYTES_MAX } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Batch, Head, MailPage } from './wire.ts'

/** What an activation begins with. */
export type Beginning = RemoteBeginning & { readonly head: Head; readonly mail: MailPage }

/** The activation of one process by a handler that is open for it. */
export class RestateActivation extends RemoteActivation {
  readonly #outbox: Outbox

  constructor(
    ports: Omit<WorkerPorts, 'frameBytesMax' | 'inlineMax'> & { readonly soon: Soon },
    beginning: Beginning,
    epoch: Epoch,
  ) {
    const owner = ownerId(epoch, ports.random)
    const outbox = new Outbox(ports, { owner, epoch })
    const limits = { frameBytesMax: RESTATE_FRAME_BYTES_MAX, inlineMax: Number.POSITIVE_INFINITY }
    super({ ...ports, ...limits }, beginning, { epoch, owner, outbox })
    this.#outbox = outbox
  }

  /** The next batch for its handler. */
  nextBatch(): Promise<Batch> {
    return this.#outbox.next()
  }

  /** A batch with so many frames (the beginning: one) is durable. */
  override durable(frames: number): void {
    this.#outbox.acknowledge()
    super.durable(frames)
  }
}
