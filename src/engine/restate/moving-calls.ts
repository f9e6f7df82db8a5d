/** Calls of a handler that moves a run, to the objects of its processes: many at once, and all answered before it goes on. */
import type { Wait } from '../../kernel/index.ts'
import type { Pid } from '../../std/index.ts'
import { MOVE_ASKS_MAX } from './limits.ts'
import { callTo } from './sdk.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import type { ServiceNames, TokenWait } from './wire.ts'

/** Calls in the hands of the handler that is open. */
export class MovingCalls {
  readonly #sdk: Sdk
  readonly #ctx: Exclusive
  readonly #names: ServiceNames

  constructor(sdk: Sdk, ctx: Exclusive, names: ServiceNames) {
    this.#sdk = sdk
    this.#ctx = ctx
    this.#names = names
  }

  one<A>(service: keyof ServiceNames, key: string, method: string, parameter: unknown = null): Promise<A> {
    return callTo<A>(this.#sdk, this.#ctx, { service: this.#names[service], key, method }, parameter)
  }

  /** The same of many objects; answers in the order of the questions. */
  async all<A>(
    service: keyof ServiceNames,
    method: string,
    asked: readonly (readonly [key: string, parameter: unknown])[],
  ): Promise<readonly A[]> {
    const answers: A[] = []
    for (let at = 0; at < asked.length; at += MOVE_ASKS_MAX) {
      const calls = asked
        .slice(at, at + MOVE_ASKS_MAX)
        .map(([key, parameter]) =>
          callTo<A>(this.#sdk, this.#ctx, { service: this.#names[service], key, method }, parameter),
        )
      answers.push(...(await this.#sdk.RestatePromise.all(calls)))
    }
    return answers
  }

  /** Tokens hear who waits for them here now. */
  async openTokens(id: string, of: readonly { readonly pid: Pid; readonly waits: readonly Wait[] }[]): Promise<void> {
    const at = await this.#ctx.date.now()
    const opened = of.flatMap(({ pid, waits }) =>
      waits.flatMap(({ key, on }) => {
        const wait: TokenWait = { pid, key, by: `${pid}@${id}`, hasMoved: true }
        return on.kind === 'pending' ? [[on.token, { wait, at }] as const] : []
      }),
    )
    await this.all('token', 'opened', opened)
  }
}
