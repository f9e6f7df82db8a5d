/**
 * Keys that are held up: the server keeps a handler open for them and does not go on with it. It has paused it (its workers
 * were away for too long, or somebody has paused it), or suspended it and forgotten it (a known failure of servers).
 *
 * Invariants:
 * 1. A key is freed by resuming or cancelling its handler, never by killing it: a handler that is killed may leave half.
 * 2. A handler that says something at least every heartbeat is not held up.
 */
import { asPid } from '../../std/index.ts'
import type { Clock, Pid } from '../../std/index.ts'
import type { ObjectClient } from './client.ts'
import { HELD_UP_LOOK_MS, HELD_UP_MS } from './limits.ts'
import type { RestateServer } from './server.ts'
import type { ServiceNames } from './wire.ts'

const MS_PER_S = 1_000

type Row = {
  readonly id: string
  readonly status: string
  readonly target_service_name: string
  readonly target_service_key: string
  /** Seconds since the epoch. */
  readonly modified_s: number
}

/** A handler that is held up. */
export type HeldKey = {
  readonly pid: Pid
  readonly invocation: string
  readonly why: 'paused' | 'silent'
  readonly since: number
}

/** Finds them, and frees them. */
export class HeldKeys {
  readonly #server: RestateServer
  readonly #client: ObjectClient
  readonly #names: ServiceNames
  readonly #clock: Clock

  constructor(parts: {
    readonly server: RestateServer
    readonly client: ObjectClient
    readonly names: ServiceNames
    readonly clock: Clock
  }) {
    this.#server = parts.server
    this.#client = parts.client
    this.#names = parts.names
    this.#clock = parts.clock
  }

  /** All of them, or those of one process. */
  async find(pid?: Pid): Promise<readonly HeldKey[]> {
    const { process, mailbox, token, settings } = this.#names
    const services = [process, mailbox, token, settings].map((name) => `'${name}'`).join(', ')
    const rows = await this.#server.query<Row>(
      `select id, status, target_service_name, target_service_key, date_part('epoch', modified_at) as modified_s from sys_invocation ` +
        `where target_service_name in (${services}) and status in ('paused', 'suspended')`,
    )
    const now = this.#clock.now()
    return rows.flatMap(({ id: invocation, status, target_service_name: service, target_service_key: key, ...row }) => {
      const since = row.modified_s * MS_PER_S
      // Handlers of other objects may wait for another one as long as that takes.
      const isSilent = service === process && now - since > HELD_UP_MS
      if ((pid !== undefined && key !== pid) || (status !== 'paused' && !isSilent)) return []
      return [{ pid: asPid(key), invocation, why: status === 'paused' ? 'paused' : 'silent', since } as const]
    })
  }

  /** True when there was one. */
  async free(pid: Pid): Promise<boolean> {
    const held = await this.find(pid)
    for (const { invocation, why } of held) {
      await this.#server.act(invocation, why === 'paused' ? 'resume' : 'cancel')
      // One that does not hear of it any more does not tell its mailbox either.
      if (why === 'silent') await this.#client.mailbox(pid, 'freed', { invocation })
    }
    return held.length > 0
  }

  /** What was paused goes on; of what is silent, `tell` hears. Looks again and again until it is disposed. */
  watch(tell: (held: HeldKey) => void): Disposable {
    let timer: Disposable | undefined
    let isOver = false
    const look = async (): Promise<void> => {
      for (const held of await this.find())
        if (held.why === 'paused') await this.#server.act(held.invocation, 'resume')
        else tell(held)
    }
    const next = (): void => {
      if (!isOver) timer = this.#clock.timer(HELD_UP_LOOK_MS, () => void look().then(next, next))
    }
    // A look that fails finds nothing; the next one comes.
    void look().then(next, next)
    return {
      [Symbol.dispose]() {
        isOver = true
        timer?.[Symbol.dispose]()
      },
    }
  }
}
