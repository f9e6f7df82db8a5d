/**
 * One connection to the server: it is made when it is needed, and made again when it broke.
 *
 * Invariants:
 * 1. One query at a time, in the order of the calls.
 * 2. What failed because the connection did is asked again, until its time is up; so only what may be asked twice goes here.
 */
import type { Client } from 'pg'
import { SkeinError } from '../../std/index.ts'
import type { Clock } from '../../std/index.ts'
import { CONNECT_TIMEOUT_MS, KEEP_ALIVE_MS, RETRY_FIRST_MS, RETRY_PAUSE_MS_MAX } from './limits.ts'
import { isPassing, serverError, unreachable } from './server-error.ts'

/** A statement. Named ones are prepared once per connection. */
export type Statement = { readonly text: string; readonly values?: readonly unknown[]; readonly name?: string }

/** Where a connection goes, and for how long it is tried. */
export type Address = {
  readonly connectionString: string
  /** A word of the server's own may be one: it is quoted wherever it is a name. */
  readonly schema: string
  /** Shown by the server in its list of connections. */
  readonly name: string
  readonly timeoutMs: number
  readonly clock: Clock
}

/** The package. */
export type Pg = typeof import('pg').default

/** By the type's number in the server's catalogue. Whole numbers of ours are safe ones. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  [20, Number],
  [21, Number],
  [23, Number],
  [114, JSON.parse],
  [3802, JSON.parse],
])
const types = { getTypeParser: (oid: number) => PARSERS.get(oid) ?? ((text: string) => text) }

/** What a role or a database may have set otherwise, and what is built here stands on. */
const SESSION = ` set synchronous_commit to on; set default_transaction_isolation to 'read committed';
  set statement_timeout to 0; set lock_timeout to 0`

/** Loads the package. Throws `PACKAGE_MISSING`. */
export async function loadPg(): Promise<Pg> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new SkeinError('PACKAGE_MISSING', 'the Postgres engine needs the package pg; install it: npm install pg', {
      cause,
    })
  }
}

/** A connection that is made again when it broke. */
export class Connection {
  readonly #pg: Pg
  readonly #address: Address
  /** Runs on every new connection, before anything else. */
  readonly #greet: ((client: Client) => Promise<void>) | undefined
  #client: Promise<Client> | undefined
  #held: Client | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #onGone: (() => void) | undefined

  constructor(pg: Pg, address: Address, greet?: (client: Client) => Promise<void>) {
    this.#pg = pg
    this.#address = address
    this.#greet = greet
  }

  /** Hears when it broke, though nobody asked anything. */
  onGone(hear: () => void): void {
    this.#onGone = hear
  }

  /** Rows of a statement that may be asked twice. */
  rows<R>(statement: Statement): Promise<readonly R[]> {
    return this.do(async (client) => (await client.query(statement)).rows as readonly R[])
  }

  /** Does something that may be done twice; a transaction that broke is begun anew. */
  do<T>(act: (client: Client) => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.#try(act))
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Makes it if it is not there. */
  async connect(): Promise<void> {
    await this.do(async () => undefined)
  }

  async close(): Promise<void> {
    await this.#tail
    this.#isClosed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  /** Breaks it, if it is there: what is under way is asked again on another one. */
  renew(): void {
    if (this.#held !== undefined) this.#drop()
  }

  /** As `kill -9` would end it. */
  cut(): void {
    this.#isClosed = true
    void this.#client?.then((client) => client.connection.stream.destroy()).catch(() => undefined)
    this.#client = undefined
  }

  async #try<T>(act: (client: Client) => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#address
    const end = clock.monotonicMs() + timeoutMs
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_PAUSE_MS_MAX)) {
      if (this.#isClosed) throw new SkeinError('ENGINE_CLOSED', 'this engine is closed')
      try {
        return await act(await (this.#client ??= this.#opened()))
      } catch (thrown) {
        if (this.#isClosed) throw new SkeinError('ENGINE_CLOSED', 'this engine is closed')
        if (!isPassing(thrown)) throw serverError(thrown, this.#address)
        this.#drop()
        if (clock.monotonicMs() + pauseMs >= end) throw unreachable(thrown, this.#address)
        await new Promise<void>((resolve) => clock.timer(pauseMs, resolve))
      }
    }
  }

  #drop(): void {
    const client = this.#client
    // Its end is heard later, when the next one may be under way.
    this.#client = this.#held = undefined
    void client?.then((one) => one.connection.stream.destroy()).catch(() => undefined)
  }

  /** What could not be made is made anew by the next call. */
  #opened(): Promise<Client> {
    const opening = this.#open()
    opening.catch(() => {
      if (this.#client === opening) this.#client = undefined
    })
    return opening
  }

  async #open(): Promise<Client> {
    const { connectionString, schema, name } = this.#address
    const client = new this.#pg.Client({
      connectionString,
      application_name: name,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types,
    })
    const gone = (): void => {
      // One that was never made, or was given up, is made again by whoever asked for it.
      if (this.#held !== client) return
      this.#client = this.#held = undefined
      this.#onGone?.()
    }
    client.on('error', gone)
    client.on('end', gone)
    await client.connect()
    try {
      await client.query({ text: `set search_path to "${schema}";${SESSION}` })
      await this.#greet?.(client)
    } catch (thrown) {
      client.connection.stream.destroy()
      throw thrown
    }
    this.#held = client
    return client
  }
}
