/**
 * Keys that are held up: the server keeps a handler open for them and does not go on with it. It has paused it (its workers
 * were away for too long, or somebody has paused it), or suspended it and forgotten it (a known failure of servers), or every
 * attempt of it fails: nobody can read what it begins with.
 *
 * Invariants:
 * 1. A key is freed by resuming or cancelling its handler, never by killing it: a handler that is killed may leave half.
 * 2. Nobody is told that a handler was freed whose every attempt fails: it goes on by itself once that is mended.
 * 3. A handler that says something at least every heartbeat is not held up; how long ago is by the server's clock.
 */
import { asPid, SkeinError } from '../../std/index.ts'
import type { Clock, Pid } from '../../std/index.ts'
import type { ObjectClient } from './client.ts'
import { FAILING_ATTEMPTS, FAILURE_SHOWN, HELD_UP_LOOK_MS, HELD_UP_MS } from './limits.ts'
import type { RestateServer } from './server.ts'
import type { ServiceNames } from './wire.ts'

const MS_PER_S = 1_000
/** Workers that come back find much that is silent, and that goes on by itself: it is told of when it is so once more. */
const LOOKS_BEFORE_TELLING = 2

type Row = {
  readonly id: string
  readonly status: string
  readonly target_service_name: string
  readonly target_service_key: string
  /** Seconds since the epoch, as is what time it is at the server. */
  readonly modified_s: number
  readonly now_s: number
  readonly retry_count?: number
  readonly last_failure?: string
}

/** A handler that is held up. */
export type HeldKey = {
  readonly pid: Pid
  readonly invocation: string
  readonly why: 'paused' | 'silent' | 'failing'
  readonly since: number
  /** Of one that fails: what its last attempt came to. */
  readonly failure?: string
}

const oneLine = (failure: string): string => failure.replaceAll(/\s+/g, ' ').trim().slice(0, FAILURE_SHOWN)

type Held = HeldKey & { readonly service: string }

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
  async find(pid?: Pid): Promise<readonly Held[]> {
    const { process } = this.#names
    const services = Object.values(this.#names)
      .map((name) => `'${name}'`)
      .join(', ')
    const rows = await this.#server.query<Row>(
      `select id, status, target_service_name, target_service_key, date_part('epoch', modified_at) as modified_s, ` +
        `date_part('epoch', now()) as now_s, retry_count, last_failure from sys_invocation ` +
        `where target_service_name in (${services}) and (status in ('paused', 'suspended') ` +
        `or (status = 'backing-off' and retry_count >= ${FAILING_ATTEMPTS}))`,
    )
    return rows.flatMap<Held>(
      ({ id: invocation, status, target_service_name: service, target_service_key: key, ...row }) => {
        const since = row.modified_s * MS_PER_S
        const about = { pid: asPid(key), invocation, since, service }
        if (pid !== undefined && key !== pid) return []
        if (status === 'paused') return [{ ...about, why: 'paused' }]
        if (status === 'backing-off') return [{ ...about, why: 'failing', failure: oneLine(row.last_failure ?? '') }]
        // Handlers of other objects may wait for another one as long as that takes.
        const isSilent = service === process && row.now_s * MS_PER_S - since > HELD_UP_MS
        return isSilent ? [{ ...about, why: 'silent' }] : []
      },
    )
  }

  /**
   * True when there was one. Throws `HANDLER_FAILING` of one that comes to no end by being cancelled, `RUN_NOT_AT_REST` of a
   * process that only a move holds.
   */
  async free(pid: Pid): Promise<boolean> {
    const held = await this.find(pid)
    for (const { invocation, why } of held) {
      if (why === 'failing') continue
      await this.#server.act(invocation, why === 'paused' ? 'resume' : 'cancel')
      // Only processes are silent. One that does not hear of it any more does not tell its mailbox either.
      if (why === 'silent') await this.#client.mailbox(pid, 'freed', { invocation })
    }
    const failing = held.find(({ why }) => why === 'failing')
    if (failing !== undefined)
      throw new SkeinError(
        'HANDLER_FAILING',
        `every attempt of ${failing.service} of ${pid} fails, and freeing it mends nothing: ${failing.failure}; ` +
          'mend what that names: it is attempted every two seconds, and goes on by itself',
      )
    return held.length > 0 || (await this.#freeKilled(pid))
  }

  /** Somebody has killed its handler, against the rule, and told nobody: its mailbox waits for the end of that. */
  async #freeKilled(pid: Pid): Promise<boolean> {
    const row = await this.#client.place(pid)
    if (row?.held !== undefined)
      throw new SkeinError(
        'RUN_NOT_AT_REST',
        `${pid} is held by a move, and freeing it mends nothing; ask for that move once more, and it goes on or lets it go: ` +
          `skein move ${row.root} --from … --to …, or with --back`,
      )
    if (row?.status !== 'running' && row?.status !== 'ready') return false
    const open = await this.#server.query(
      `select id from sys_invocation where target_service_name = '${this.#names.process}' and target_handler_name = 'run' ` +
        `and target_service_key = '${pid.replaceAll("'", "''")}' and status <> 'completed' limit 1`,
    )
    if (open.length > 0) return false
    await this.#client.mailbox(pid, 'freed', { invocation: row.invocation ?? '' })
    return true
  }

  /** What was paused goes on; of what is silent or fails, `tell` hears once. Looks again and again until it is disposed. */
  watch(tell: (held: HeldKey) => void): Disposable {
    let timer: Disposable | undefined
    let isOver = false
    /** In how many looks on end each was held up. */
    let looks: ReadonlyMap<string, number> = new Map()
    const look = async (): Promise<void> => {
      const held = await this.find()
      const stuck = held.filter(({ why }) => why !== 'paused')
      looks = new Map(stuck.map(({ invocation }) => [invocation, (looks.get(invocation) ?? 0) + 1]))
      for (const one of stuck) if (!isOver && looks.get(one.invocation) === LOOKS_BEFORE_TELLING) tell(one)
      for (const { invocation } of held.filter(({ why }) => why === 'paused')) {
        if (isOver) return
        // One that the server refuses holds nobody else up.
        await this.#server.act(invocation, 'resume').catch(() => undefined)
      }
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
