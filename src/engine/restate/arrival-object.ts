/**
 * A run arrives: an object keyed by the number of the move, whose handlers come to their end whatever dies (decision 065).
 *
 * Invariants:
 * 1. A number arrives once, or is refused for ever.
 * 2. All names are claimed, or none.
 * 3. No process of the run wakes before all of it is there.
 * 4. Journals are touched only of names that are claimed, or of processes that are held: nobody runs in them.
 */
import type { Wait } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { isRefused, isThere } from '../move/at-rest.ts'
import type { Claimed } from './arriving.ts'
import type { Answer } from './departure-object.ts'
import { MovingCalls } from './moving-calls.ts'
import { MARKED, objectOptions, unheedingOptions } from './sdk.ts'
import type { Exclusive, Sdk } from './sdk.ts'
import type { ServiceNames } from './wire.ts'

type Settled = { readonly root: Pid; readonly attempt: number }
type Run = { readonly root: Pid; readonly pids: readonly Pid[] }
/** It can be refused no more. */
type Coming = Run & { readonly is: 'arriving' | 'admitted' }
/**
 * What became of a number: its names are claimed, for the so-and-so-manyth time; it is all there; all of it is held, and is let
 * go on; it is over.
 */
type Fate =
  | (Run & { readonly is: 'claimed'; readonly attempt: number })
  | Coming
  | { readonly is: 'arrived' }
  | { readonly is: 'refused' }

/** What stands in the way where a name is not claimed, and what ends that. */
const HINDRANCES: Readonly<Record<Claimed, string | undefined>> = {
  claimed: undefined,
  taken: undefined,
  leaving:
    'whose move away from there was broken off; end that one first, and move it again: skein move … --from … --to …',
  erasing: 'and what it was is being erased; erase it once more, and move it again: skein erase …',
}

/** Under which attempt pages are taken now; null: it has arrived already. */
export type Opened = { readonly attempt: number | null }

/** What a worker can take away of who does not come. */
export interface PayloadSweeper {
  /** Payloads outside that no journal names, of processes for which nobody writes. What cannot be taken away now stays. */
  sweep(pids: readonly Pid[]): Promise<void>
}

/** The definition of the object, for a worker to serve. */
export function arrivalObject(sdk: Sdk, names: ServiceNames, sweeper: PayloadSweeper) {
  const on =
    <I, O>(handle: (arriving: Arriving, input: I) => Promise<O>) =>
    (ctx: Exclusive, input: I): Promise<O> =>
      handle(new Arriving(ctx, new MovingCalls(sdk, ctx, names), sweeper), input)
  return sdk.object({
    name: names.arrival,
    handlers: {
      open: on((arriving, run: Run) => arriving.open(run)),
      settle: on((arriving, about: Settled) => arriving.settle(about)),
      refuse: on((arriving) => arriving.refuse()),
    },
    metadata: MARKED,
    options: { ...objectOptions, ...unheedingOptions },
  })
}

class Arriving {
  readonly #ctx: Exclusive
  readonly #calls: MovingCalls
  readonly #sweeper: PayloadSweeper
  readonly #id: string

  constructor(ctx: Exclusive, calls: MovingCalls, sweeper: PayloadSweeper) {
    this.#ctx = ctx
    this.#calls = calls
    this.#sweeper = sweeper
    this.#id = ctx.key
  }

  #fate(): Promise<Fate | null> {
    return this.#ctx.get<Fate>('fate')
  }

  /** Claims all names, once more for who goes on with a move that broke off. */
  async open({ root, pids }: Run): Promise<Answer<Opened>> {
    const fate = await this.#fate()
    if (fate?.is === 'refused') return { refused: isRefused(root).toJSON() }
    if (fate?.is === 'arrived') return { attempt: null }
    // Somebody has killed the handler that let them go on.
    if (isComing(fate)) return this.#goOn(fate)
    const attempt = (fate?.attempt ?? 0) + 1
    // Before anything is claimed: whoever refuses it knows what to give back.
    this.#ctx.set<Fate>('fate', { is: 'claimed', root, pids, attempt })
    const claimed = await this.#claim(pids, attempt)
    const at = claimed.findIndex((how) => how !== 'claimed')
    if (at >= 0) {
      await this.#giveBack(pids.filter((_, i) => claimed[i] === 'claimed'))
      this.#ctx.clear('fate')
      return { refused: isThere(pids[at]!, HINDRANCES[claimed[at]!]).toJSON() }
    }
    await this.#calls.all(
      'process',
      'expect',
      pids.map((pid) => [pid, { id: this.#id, attempt }]),
    )
    return { attempt }
  }

  #claim(pids: readonly Pid[], attempt: number): Promise<readonly Claimed[]> {
    return this.#calls.all<Claimed>(
      'mailbox',
      'claim',
      pids.map((pid) => [pid, { id: this.#id, attempt }]),
    )
  }

  /** Journals and payloads first: whoever is started by a name that is free again writes both at once. */
  async #giveBack(claimed: readonly Pid[]): Promise<void> {
    const about = claimed.map((pid) => [pid, { id: this.#id, isRefused: true }] as const)
    await this.#calls.all('process', 'expectNoMore', about)
    await this.#ctx.run('payloads', () => this.#sweeper.sweep(claimed))
    await this.#calls.all('mailbox', 'unclaim', about)
  }

  /** All of it was sent. */
  async settle({ root, attempt }: Settled): Promise<Answer<Opened>> {
    const fate = await this.#fate()
    if (fate?.is === 'arrived') return { attempt: null }
    if (isComing(fate)) return this.#goOn(fate)
    if (fate?.is !== 'claimed') return { refused: isRefused(root).toJSON() }
    const { pids } = fate
    const there = await this.#calls.all<boolean>(
      'mailbox',
      'hasArrived',
      pids.map((pid) => [pid, { id: this.#id }]),
    )
    if (fate.attempt !== attempt || there.includes(false))
      return {
        refused: new SkeinError(
          'RUN_NOT_AT_REST',
          `somebody else goes on with this move of ${root}; look where it is: skein ps`,
        ).toJSON(),
      }
    const whole = { is: 'arriving', root, pids } as const
    this.#ctx.set<Fate>('fate', whole)
    return this.#goOn(whole)
  }

  /** From here on it can be refused no more. All stand there before the first of them, or of those who settle, says anything to another. */
  async #goOn({ is, root, pids }: Coming): Promise<Opened> {
    const about = pids.map((pid) => [pid, { id: this.#id, isRefused: false }] as const)
    if (is === 'arriving') {
      await this.#calls.all('process', 'expectNoMore', about)
      const waits = await this.#calls.all<readonly Wait[]>('mailbox', 'admit', about)
      await this.#calls.openTokens(
        this.#id,
        pids.map((pid, i) => ({ pid, waits: waits[i]! })),
      )
      // Noted before the first may run: its object answers nobody then, and whoever follows must not ask it.
      this.#ctx.set<Fate>('fate', { is: 'admitted', root, pids })
    }
    await this.#calls.all('mailbox', 'release', about)
    this.#ctx.set<Fate>('fate', { is: 'arrived' })
    return { attempt: null }
  }

  /** It arrives never; false when it has. */
  async refuse(): Promise<boolean> {
    const fate = await this.#fate()
    if (fate?.is === 'refused') return true
    if (isComing(fate)) await this.#goOn(fate)
    if (isComing(fate) || fate?.is === 'arrived') return false
    if (fate?.is === 'claimed') {
      // Somebody may have killed the handler that claimed them, or gave them back: another may run by one of the names.
      const claimed = await this.#claim(fate.pids, fate.attempt)
      await this.#giveBack(fate.pids.filter((_, i) => claimed[i] === 'claimed'))
    }
    this.#ctx.set<Fate>('fate', { is: 'refused' })
    return true
  }
}

const isComing = (fate: Fate | null): fate is Coming => fate?.is === 'arriving' || fate?.is === 'admitted'
