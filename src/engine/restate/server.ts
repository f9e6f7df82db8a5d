/**
 * Requests to a Restate server: its ingress, where objects are called, and its admin side.
 *
 * Invariants:
 * 1. A request that may have been made is made again under the same key, so that it is answered as the first one was.
 * 2. Whatever the server does, the caller hears a `SkeinError` that says what to do, within the time that was given.
 */
import { SkeinError } from '../../std/index.ts'
import type { Clock, Random } from '../../std/index.ts'
import {
  ATTEMPT_ALONE_MS,
  ATTEMPT_FIRST_MS,
  CLOCK_OFF_MS_MAX,
  REQUEST_TIMEOUT_MS_DEFAULT,
  RETRY_FIRST_MS,
  RETRY_PAUSE_MS_MAX,
  SERVER_VERSION_LEAST,
  SERVICES_HEARD_MS,
} from './limits.ts'
import { ownerOf } from './sdk.ts'
import type { ServiceNames } from './wire.ts'

/** Where a server is. */
export type ServerAddress = {
  /** Where objects are called, such as `http://127.0.0.1:8080`; of several nodes, the next is asked when one does not answer. */
  readonly ingress: string | readonly string[]
  /** Where workers register, such as `http://127.0.0.1:9070`. */
  readonly admin: string | readonly string[]
  /** Sent as a bearer token with every request. */
  readonly token?: string
  readonly timeoutMs?: number
}

type Target = { readonly service: string; readonly key: string; readonly handler: string }
type Ask = {
  readonly method: string
  /** The answer may be another one to the same question, only later. */
  readonly isAgain?: (status: number) => boolean
  /** Nodes that have just come up may know nothing yet of what is asked for. */
  readonly mayBeUnheard?: boolean
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
type Side = 'ingress' | 'admin'
type Answer = { readonly status: number; readonly text: string }

type Told = { readonly now_s: number }

const MS_PER_S = 1000
const KEY_BYTES = 16
const STATUS_AGAIN: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])
/** A partition that is moving, or whose node has just died, is an internal error to who asks the tables. */
const isTableAgain = (status: number): boolean => STATUS_AGAIN.has(status) || status === 500

/** A server, as one engine talks to it. */
export class RestateServer {
  readonly #address: ServerAddress
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  /** Which node of each side is asked: the last that answered. */
  readonly #at = { ingress: 0, admin: 0 }

  constructor(address: ServerAddress, ports: { readonly clock: Clock; readonly random: Random }) {
    this.#address = address
    this.#clock = ports.clock
    this.#random = ports.random
  }

  /** How long a request is tried. */
  get timeoutMs(): number {
    return this.#address.timeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT
  }

  /** Every request under way, and every later one, fails with `ENGINE_CLOSED`. */
  close(): void {
    this.#closing.abort()
  }

  /** Calls an object that changes something. */
  async call<A>(target: Target, parameter: unknown): Promise<A> {
    return this.#object<A>(target, parameter, { 'idempotency-key': this.#random.hex(KEY_BYTES) })
  }

  /** Calls an object that only reads. */
  async read<A>(target: Target, parameter: unknown = null): Promise<A> {
    return this.#object<A>(target, parameter, {})
  }

  async #object<A>({ service, key, handler }: Target, parameter: unknown, headers: Ask['headers']): Promise<A> {
    const path = `${service}/${encodeURIComponent(key)}/${handler}`
    const { status, text } = await this.#request('ingress', path, {
      method: 'POST',
      body: parameter,
      headers: headers ?? {},
      mayBeUnheard: true,
    })
    if (status === 404)
      throw new SkeinError(
        'ENGINE_UNREACHABLE',
        `the server at ${this.#node('ingress')} has no service ${service}; start a worker of that name first`,
      )
    if (status >= 400) throw refused(`${this.#node('ingress')}/${path}`, { status, text })
    return (text === '' ? undefined : dataOf(text, this.#node('ingress'))) as A
  }

  /** Throws `ENGINE_TOO_OLD`, `ENGINE_UNREACHABLE`. */
  async checkVersion(): Promise<void> {
    const { status, text } = await this.#request('admin', 'version', { method: 'GET' })
    const about =
      status < 400 ? (dataOf(text, this.#node('admin')) as { readonly version?: unknown } | null) : undefined
    const version = about?.version
    if (typeof version !== 'string')
      throw new SkeinError('ENGINE_UNREACHABLE', `${this.#node('admin')} is not the admin side of a Restate server`)
    if (isOlder(version, SERVER_VERSION_LEAST))
      throw new SkeinError(
        'ENGINE_TOO_OLD',
        `the Restate server at ${this.#node('admin')} is ${version}; Skein needs ${SERVER_VERSION_LEAST} or later`,
      )
  }

  /** Throws `ENGINE_CLOCK_WRONG` where the server tells its time and this machine has another one. */
  async checkClock(): Promise<void> {
    const before = this.#clock.now()
    const sql = `select date_part('epoch', now()) as now_s`
    const { status, text } = await this.#select(sql)
    const tookMs = this.#clock.now() - before
    const about = status < 400 ? (dataOf(text, this.#node('admin')) as { readonly rows?: readonly Told[] }) : {}
    const toldS = about.rows?.[0]?.now_s
    if (toldS === undefined) return
    const offMs = before + tookMs / 2 - toldS * MS_PER_S
    if (Math.abs(offMs) - tookMs / 2 <= CLOCK_OFF_MS_MAX) return
    throw new SkeinError(
      'ENGINE_CLOCK_WRONG',
      `the clock of this machine is ${Math.abs(Math.round(offMs / MS_PER_S))} s ${offMs > 0 ? 'ahead of' : 'behind'} that of ` +
        `the server at ${this.#node('admin')}; timers would ring as much too ${offMs > 0 ? 'early' : 'late'}: set both by a time server`,
    )
  }

  /** How many nodes hold what the cluster knows of itself; of how often each record is kept its admin side says nothing. */
  async memberCount(): Promise<number> {
    const { status, text } = await this.#request('admin', 'cluster-health', { method: 'GET' })
    if (status >= 400) return 1
    const about = dataOf(text, this.#node('admin')) as {
      readonly metadata_cluster_health?: { readonly members?: readonly unknown[] } | null
    } | null
    return about?.metadata_cluster_health?.members?.length ?? 1
  }

  /**
   * Makes a worker known: from now on the server calls it, and no other address, with what begins. Throws `ENGINE_FOREIGN` when
   * somebody else has a service of that name. `runsNothing`: throws `USAGE` when that would take it from workers elsewhere.
   */
  async register(uri: string, names: ServiceNames, { runsNothing = false } = {}): Promise<void> {
    const service = names.mailbox
    const known = await this.#request('admin', `services/${service}`, { method: 'GET' })
    if (known.status < 400) {
      const at = this.#node('admin')
      const about = dataOf(known.text, at) as {
        readonly metadata?: Record<string, unknown>
        readonly deployment_id?: string
      }
      const owned = ownerOf(about.metadata)
      const of = `the server at ${at} has a service ${service}`
      if (owned.by === 'others')
        throw new SkeinError(
          'ENGINE_FOREIGN',
          `${of} (deployment ${about.deployment_id ?? 'unknown'}) that is not of Skein; give this installation another name`,
        )
      if (owned.by === 'skein' && runsNothing)
        throw new SkeinError(
          'ENGINE_FOREIGN',
          `${of} of format ${owned.format}, of another version of Skein, whose workers would all be kept out by this one, ` +
            'which runs nothing; let a worker of this version come first',
        )
      if (owned.by === 'skein' && !(owned.hasOurState && (await this.#isDrained(names))))
        throw new SkeinError(
          'ENGINE_FOREIGN',
          `${of} of format ${owned.format}, which another version of Skein has registered and this one does not speak` +
            (owned.hasOurState
              ? ' while handlers are open in it; start workers of that version and let them leave (SIGTERM), then come again'
              : '; use that version, or give this installation another name'),
        )
      if (runsNothing) await this.#checkAt(uri, about.deployment_id, service)
    }
    const { status, text } = await this.#request('admin', 'deployments', {
      method: 'POST',
      body: { uri, force: true },
    })
    if (status >= 400)
      throw new SkeinError(
        'ENGINE_UNREACHABLE',
        `the server at ${this.#node('admin')} cannot use the worker at ${uri}: ${text.slice(0, 300)}; ` +
          'give a `worker.url` at which the server reaches this machine',
      )
  }

  /** Whoever runs nothing serves where workers are, or were: anywhere else it would only keep from them what begins. */
  async #checkAt(uri: string, deployment: string | undefined, service: string): Promise<void> {
    const { status, text } = await this.#request('admin', `deployments/${deployment}`, { method: 'GET' })
    // It has been removed there meanwhile.
    if (status === 404) return
    const at = this.#node('admin')
    if (status >= 400) throw refused(`${at}/deployments/${deployment}`, { status, text })
    const { uri: theirs } = dataOf(text, at) as { readonly uri?: string }
    if (theirs === undefined || isSamePlace(theirs, uri)) return
    const { port } = new URL(theirs)
    throw new SkeinError(
      'USAGE',
      `the server at ${at} calls ${service} at ${theirs}, and would call only this worker, which runs nothing, at ${uri}; ` +
        `serve mail where the workers are: say url=${theirs} behind the same balancer` +
        `${port === '' ? '' : `, or port=${port}&share=true on their machine`}; if they have moved, start one of them first`,
    )
  }

  /** Whether no handler is bound to the code that has begun it. */
  async #isDrained(names: ServiceNames): Promise<boolean> {
    const services = Object.values(names).map((name) => `'${name}'`)
    const open = await this.query(
      `select id from sys_invocation where target_service_name in (${services.join(', ')}) ` +
        `and pinned_deployment_id is not null and status <> 'completed' limit 1`,
    )
    return open.length === 0
  }

  /** Acts on a handler that is open, or was. */
  async act(invocation: string, how: 'resume' | 'cancel'): Promise<void> {
    const path = `invocations/${invocation}/${how}`
    const { status, text } = await this.#request('admin', path, { method: 'PATCH' })
    // It has gone on, or has ended, meanwhile.
    if (status >= 400 && status !== 404 && status !== 409)
      throw refused(`${this.#node('admin')}/${path}`, { status, text })
  }

  /** Rows of a query over the server's tables. */
  async query<R>(sql: string): Promise<readonly R[]> {
    const { status, text } = await this.#select(sql)
    if (status >= 400) throw refused(`${this.#node('admin')}/query`, { status, text })
    return (dataOf(text, this.#node('admin')) as { readonly rows: readonly R[] }).rows
  }

  #select(sql: string): Promise<Answer> {
    return this.#request('admin', 'query', { method: 'POST', body: { query: sql }, isAgain: isTableAgain })
  }

  async #request(
    side: Side,
    path: string,
    { method, body, headers = {}, mayBeUnheard = false, isAgain = (code) => STATUS_AGAIN.has(code) }: Ask,
  ): Promise<Answer> {
    const { timeoutMs } = this
    const { token } = this.#address
    const end = this.#clock.monotonicMs() + timeoutMs
    // Since when nodes answer that there is no such service; while they do not answer well, none has just come up.
    let absentSince: number | undefined
    let pauseMs = RETRY_FIRST_MS
    // Whoever has asked a node that dies is never answered: it asks the next one, and waits longer each time. Where only one
    // address is known, what is slow would only become slower by being asked twice, but there may be several nodes behind it.
    let attemptMs = this.#nodes(side).length > 1 ? ATTEMPT_FIRST_MS : ATTEMPT_ALONE_MS
    for (;;) {
      if (this.#closing.signal.aborted) throw new SkeinError('ENGINE_CLOSED', 'this engine is closed')
      const url = `${this.#node(side)}/${path}`
      const outcome = await this.#once(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([
          this.#closing.signal,
          AbortSignal.timeout(Math.max(1, Math.min(attemptMs, Math.ceil(end - this.#clock.monotonicMs())))),
        ]),
      })
      const now = this.#clock.monotonicMs()
      const isLast = now + pauseMs >= end
      if (mayBeUnheard && 'status' in outcome && outcome.status === 404) {
        absentSince ??= now
        // When the time is up, that is still the answer.
        if (isLast || now - absentSince >= SERVICES_HEARD_MS) return outcome
      } else {
        absentSince = undefined
        if ('status' in outcome && !isAgain(outcome.status)) return outcome
        if (isLast) throw unreachableServer(url, timeoutMs, outcome)
      }
      this.#at[side] += 1
      await this.#pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, RETRY_PAUSE_MS_MAX)
      attemptMs *= 2
    }
  }

  async #once(url: string, init: RequestInit): Promise<Answer | { readonly failed: unknown }> {
    try {
      const response = await fetch(url, init)
      const answer = { status: response.status, text: await response.text() }
      if (answer.status === 401 || answer.status === 403)
        throw new SkeinError(
          'ENGINE_REFUSED',
          `${new URL(url).origin} refuses these credentials (HTTP ${answer.status}); give the right \`token\``,
        )
      // A redirection to nowhere: no Restate server says that.
      if (answer.status >= 300 && answer.status < 400) return { failed: new Error(`HTTP ${answer.status}`) }
      return answer
    } catch (failed) {
      if (SkeinError.isInstance(failed)) throw failed
      return { failed }
    }
  }

  #nodes(side: Side): readonly string[] {
    const given = this.#address[side]
    return typeof given === 'string' ? [given] : given
  }

  #node(side: Side): string {
    const nodes = this.#nodes(side)
    return nodes[this.#at[side] % nodes.length] ?? ''
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.timer(delayMs, resolve))
  }
}

function unreachableServer(url: string, timeoutMs: number, outcome: Answer | { readonly failed: unknown }): SkeinError {
  const why =
    'status' in outcome
      ? `HTTP ${outcome.status}`
      : outcome.failed instanceof Error
        ? outcome.failed.cause instanceof Error
          ? outcome.failed.cause.message
          : outcome.failed.message
        : String(outcome.failed)
  return new SkeinError(
    'ENGINE_UNREACHABLE',
    `no answer from the Restate server at ${new URL(url).origin} for ${Math.round(timeoutMs / 1000)} s (${why}); ` +
      'look whether it runs, and whether a worker does',
  )
}

/** What a server has said. Throws `ENGINE_UNREACHABLE` where something else than a Restate server is. */
function dataOf(text: string, node: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const said = JSON.stringify(text.slice(0, 80))
    throw new SkeinError('ENGINE_UNREACHABLE', `what answers at ${node} is no Restate server; it says ${said}`, {
      cause,
    })
  }
}

function refused(url: string, { status, text }: Answer): SkeinError {
  return new SkeinError('ENGINE_REFUSED', `${url} answers HTTP ${status}: ${text.slice(0, 300)}`)
}

function isSamePlace(a: string, b: string): boolean {
  const [one, other] = [a, b].map((uri) => (URL.canParse(uri) ? new URL(uri).href : uri))
  return one === other
}

/** Whether version `a` is older than `b`, by its numbers. */
export function isOlder(a: string, b: string): boolean {
  const numbers = (version: string): readonly number[] =>
    version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0)
  const [left, right] = [numbers(a), numbers(b)]
  for (let i = 0; i < right.length; i++) if (left[i] !== right[i]) return (left[i] ?? 0) < right[i]!
  return false
}
