/**
 * A server that is played here: objects, their inboxes and journals, and handlers that are ended after any command and
 * attempted again. What one key sends to another comes in its order; who comes first of several is drawn.
 */
import type { Random } from '../../std/index.ts'
import type { Sdk } from './sdk.ts'

type Handler = (ctx: unknown, input: unknown) => Promise<unknown>
type Asked = { readonly service: string; readonly key: string; readonly method: string }
type Invocation = Asked & {
  readonly id: string
  readonly input: unknown
  readonly journal: { readonly what: string; readonly result: unknown }[]
  readonly answer: PromiseWithResolvers<unknown>
  isOver: boolean
}

/** Ended by force. */
const NEVER = new Promise<never>(() => {})

/** The server, and the workers behind it. */
export class PlayedServer {
  readonly #random: Random
  readonly #handlers = new Map<string, Handler>()
  readonly #shared = new Set<Handler>()
  readonly #state = new Map<string, Map<string, unknown>>()
  readonly #outboxes = new Map<string, Invocation[]>()
  readonly #inboxes = new Map<string, Invocation[]>()
  readonly #open = new Set<Invocation>()
  #life = 0
  #count = 0
  /** Commands after which all workers die, once. */
  diesAfter = Number.POSITIVE_INFINITY
  commands = 0
  /** By force, at the server: the next handler of this service ends for ever after so many commands. */
  kills: { readonly service: string; after: number } | undefined
  /** Clock of the workers. */
  now = (): number => 1_000
  /** A way, such as `child to root`, on which everything comes as late as it can. */
  slowWay = ''

  constructor(random: Random) {
    this.#random = random
  }

  /** The package, as far as handlers of objects need it. */
  get sdk(): Sdk {
    const shared = (handler: Handler): Handler => {
      this.#shared.add(handler)
      return handler
    }
    return {
      handlers: { object: { shared, exclusive: (_options: unknown, handler: Handler) => handler } },
      object: ({ name, handlers }: { readonly name: string; readonly handlers: Record<string, Handler> }) => {
        for (const [method, handler] of Object.entries(handlers)) this.#handlers.set(`${name}/${method}`, handler)
      },
      serde: {},
      RestatePromise: { all: (all: readonly Promise<unknown>[]) => Promise.all(all) },
      InvocationIdParser: { fromString: (id: string) => id },
    } as unknown as Sdk
  }

  /** What lies in an object. */
  stateOf(service: string, key: string): Map<string, unknown> {
    const name = `${service}/${key}`
    const state = this.#state.get(name) ?? new Map<string, unknown>()
    this.#state.set(name, state)
    return state
  }

  /** Values of one key in all objects of a service. */
  all(service: string, key: string): readonly unknown[] {
    return [...this.#state].flatMap(([name, state]) =>
      name.startsWith(`${service}/`) && state.has(key) ? [structuredClone(state.get(key))] : [],
    )
  }

  /** From outside. */
  ask(asked: Asked, input: unknown): Promise<unknown> {
    return this.#send(`outside ${this.#count}`, asked, input).answer.promise
  }

  /** Until nothing moves. */
  async settled(): Promise<void> {
    while (await this.step());
  }

  /** One thing comes where it was sent; false when nothing moves. */
  async step(): Promise<boolean> {
    await turn()
    const all = [...this.#outboxes].filter(([, queue]) => queue.length > 0)
    const quick = all.filter(([way]) => way !== this.slowWay)
    const full = quick.length === 0 ? all : quick
    const [, queue] = full[Math.floor(this.#random.next() * full.length)] ?? []
    if (queue === undefined) return false
    this.#arrive(queue.shift()!)
    await turn()
    return true
  }

  #send(from: string, asked: Asked, input: unknown): Invocation {
    const id = `inv-${(this.#count += 1)}`
    const answer = Promise.withResolvers<unknown>()
    const invocation = { ...asked, id, input: structuredClone(input), journal: [], answer, isOver: false }
    const way = `${from} to ${asked.key}`
    this.#outboxes.set(way, [...(this.#outboxes.get(way) ?? []), invocation])
    return invocation
  }

  #arrive(invocation: Invocation): void {
    const handler = this.#handlers.get(`${invocation.service}/${invocation.method}`)
    if (handler === undefined) throw new Error(`no handler ${invocation.service}/${invocation.method}`)
    if (this.#shared.has(handler)) return this.#attempt(invocation)
    const name = `${invocation.service}/${invocation.key}`
    const inbox = this.#inboxes.get(name) ?? []
    this.#inboxes.set(name, inbox)
    inbox.push(invocation)
    if (inbox.length === 1) this.#attempt(invocation)
  }

  #attempt(invocation: Invocation): void {
    this.#open.add(invocation)
    const life = this.#life
    const { service, method, input } = invocation
    const handler = this.#handlers.get(`${service}/${method}`)!
    void handler(this.#context(invocation, life), structuredClone(input)).then(
      (result) => {
        if (life === this.#life && !invocation.isOver) this.#end(invocation, result)
      },
      (thrown: unknown) => invocation.answer.reject(thrown),
    )
  }

  #end(invocation: Invocation, result: unknown): void {
    invocation.isOver = true
    this.#open.delete(invocation)
    const inbox = this.#inboxes.get(`${invocation.service}/${invocation.key}`)
    if (inbox?.[0] === invocation) {
      inbox.shift()
      if (inbox[0] !== undefined) this.#attempt(inbox[0])
    }
    invocation.answer.resolve(structuredClone(result))
  }

  /** All workers die; others come, and attempt what was open. */
  #die(): Promise<never> {
    this.#life += 1
    for (const invocation of this.#open) queueMicrotask(() => this.#attempt(invocation))
    return NEVER
  }

  /** Nobody attempts it again, and whoever waits for it hears so. */
  #kill(invocation: Invocation): Promise<never> {
    this.kills = undefined
    invocation.answer.reject(new Error('killed at the server'))
    this.#end(invocation, undefined)
    return NEVER
  }

  #context(invocation: Invocation, life: number) {
    const { service, key } = invocation
    const state = this.stateOf(service, key)
    let at = 0
    /** A command: said again it is what it was; after the last one that was kept anybody may die. */
    const command = (what: string, act: () => unknown): unknown => {
      if (life !== this.#life || invocation.isOver) return NEVER
      const kept = invocation.journal[at++]
      if (kept !== undefined && kept.what !== what) throw new Error(`said ${what} where it had said ${kept.what}`)
      if (kept !== undefined) return kept.result
      if (this.kills?.service === service && this.kills.after-- === 0) return this.#kill(invocation)
      if (this.commands++ === this.diesAfter) return this.#die()
      const result = act()
      invocation.journal.push({ what, result })
      return result
    }
    const call = (target: Asked & { readonly parameter: unknown }): Invocation | Promise<never> =>
      command(`call ${target.service}/${target.key}/${target.method}`, () =>
        this.#send(key, target, target.parameter ?? null),
      ) as Invocation
    const later = <T>(value: unknown): Promise<T> => Promise.resolve(value as T).then((one) => structuredClone(one))
    const run = async (name: string, take: () => Promise<unknown>): Promise<unknown> => {
      const slot = command(`run ${name}`, () => ({}))
      if (slot === NEVER) return NEVER
      const box = slot as { value?: unknown }
      if (!('value' in box)) {
        const value = await take()
        if (life !== this.#life) return NEVER
        box.value = value
      }
      return later(box.value)
    }
    return {
      key,
      request: () => ({ id: invocation.id }),
      get: (name: string) => later(command(`get ${name}`, () => structuredClone(state.get(name) ?? null))),
      set: (name: string, value: unknown) =>
        void command(`set ${name}`, () => state.set(name, structuredClone(value)) && 0),
      clear: (name: string) => void command(`clear ${name}`, () => Number(state.delete(name))),
      clearAll: () => void command('clearAll', () => state.clear()),
      stateKeys: () => later<string[]>(command('stateKeys', () => [...state.keys()])),
      date: { now: () => run('now', async () => this.now()) },
      run,
      invocation: () => ({ signal: () => ({ resolve: () => void command('signal', () => 0) }) }),
      genericCall: (target: Asked & { readonly parameter: unknown }) => {
        const sent = call(target)
        return 'answer' in sent ? sent.answer.promise : sent
      },
      genericSend: (target: Asked & { readonly parameter: unknown; readonly delay?: number }) => {
        // Alarms are rung by hand.
        const sent = target.delay === undefined ? call(target) : command('delayed', () => ({ id: 'delayed' }))
        return { invocationId: Promise.resolve((sent as Invocation).id) }
      },
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
