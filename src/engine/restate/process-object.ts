/**
 * A process as a virtual object keyed by its pid: its one exclusive handler is open for as long as the process is active.
 *
 * The handler knows nothing of what the process does. It asks whoever runs the process in this worker for the next batch
 * of frames, and lets the server keep the answer; everything that it then says to the server follows from that answer. So
 * an attempt after a crash says the same again, whatever the process would do now, and the process goes on from its facts.
 *
 * Invariants:
 * 1. What is said to the server is a function of the batches and of what the server said (rule R1).
 * 2. A batch is durable before anything that it makes visible is said, and before whoever runs the process is told.
 * 3. No signal is lost on whoever runs the process, though it comes before they are known.
 * 4. A handler that comes to an end leaves its mailbox with nobody open: resting, or asked for again.
 */
import type { Outgoing, SealedFrame } from '../../kernel/index.ts'
import { asEpoch, SkeinError, unreachable } from '../../std/index.ts'
import type { EffectKey, Hash, OwnerId, Pid } from '../../std/index.ts'
import { journalEraser } from './erase-journal.ts'
import { HandlerLane } from './handler-lane.ts'
import { journalMoves } from './journal-moves.ts'
import { ENTRIES_BEFORE_LEAVING, ENTRIES_MAX, PAGE_BYTES_MAX, PAGE_MAIL } from './limits.ts'
import { frameKey, OpenJournal, waitsOf } from './open-journal.ts'
import type { Residence } from './residence.ts'
import { MARKED, largeObjectOptions } from './sdk.ts'
import type { Exclusive, Sdk, Shared, Target } from './sdk.ts'
import type { Batch, FramePage, Head, MailSignal, Openings, RunOrder, ServiceNames, Standing } from './wire.ts'

/** Who runs processes in this worker. */
export interface Residences {
  /** Who began an activation as `owner`, if it is still here. */
  find(owner: OwnerId): Residence | undefined
  /** Begins an activation; undefined when there is nothing to run. Waits for a host, but not for ever. */
  begin(journal: OpenJournal, pid: string, by: Attempt): Promise<Residence | 'vain' | 'nobody'>
}

/** An attempt of a handler that begins an activation. */
export type Attempt = {
  readonly order: RunOrder
  /** Its handler, the same for all its attempts. */
  readonly invocation: string
  /** It is over. */
  readonly signal: AbortSignal
}

/** Of a worker that runs nothing; `turnAway` hears of each attempt that is refused. */
export const nobodyResident = (turnAway: () => void): Residences => ({
  find: () => undefined,
  begin: async () => {
    turnAway()
    return 'nobody'
  },
})

/** The definition of the object, for a worker to serve. */
export function processObject(
  sdk: Sdk,
  names: ServiceNames,
  { residences, hash }: { readonly residences: Residences; readonly hash: Hash },
) {
  const { shared } = sdk.handlers.object
  return sdk.object({
    name: names.process,
    handlers: {
      run: (ctx: Exclusive, order?: RunOrder): Promise<void> =>
        new OpenHandler(sdk, ctx, { names, residences, order: order ?? {} }).run(),
      erase: journalEraser(sdk, names, hash),
      frames: shared(frames),
      standing: shared(standing),
      ...journalMoves(sdk, names),
      // Asked by whoever reads with a build of format 3.
      waits: shared(async (ctx: Shared) => (await standing(ctx)).waits),
    },
    metadata: MARKED,
    options: largeObjectOptions,
  })
}

async function standing(ctx: Shared): Promise<Standing> {
  const [kept, opened] = [ctx.get<Head>('head'), ctx.get<Openings>('waits')]
  const { epoch } = (await kept) ?? { epoch: asEpoch(0) }
  return { epoch, waits: [...waitsOf(await opened, Infinity).values()] }
}

/** Frames from number `from` on, as many as one answer holds. */
async function frames(ctx: Shared, { from }: { readonly from: number }): Promise<FramePage> {
  const page: SealedFrame[] = []
  let bytes = 0
  for (let n = from; page.length < PAGE_MAIL && bytes < PAGE_BYTES_MAX; n++) {
    const frame = await ctx.get<SealedFrame>(frameKey(n))
    if (frame === null) return { frames: page, next: undefined }
    page.push(frame)
    bytes += frame.body.length + frame.payloads.length
  }
  return { frames: page, next: from + page.length }
}

/** `isAgain`: whoever was ended by force may have said it. */
type Saying = { readonly at: number; readonly isAgain: boolean }

/** What has no answer yet: whoever sent it, and which process it starts. */
type Sent = { readonly owner: OwnerId | undefined; readonly key: EffectKey; readonly starts?: Pid }

class OpenHandler {
  readonly #sdk: Sdk
  readonly #ctx: Exclusive
  readonly #names: ServiceNames
  readonly #residences: Residences
  readonly #order: RunOrder
  #residence: Residence | undefined
  /** Whom this attempt began: its beginning may not be the one that is kept. */
  #begun: Residence | undefined
  /** Batches of the activation, counted by every attempt. */
  #batches = 0
  #entries = 0
  readonly #sent = new Map<number, Sent>()
  /** Signals that came while nobody ran the process here: whoever is beginning may have read the mailbox before. */
  #missed: MailSignal | undefined
  /** Who ran ahead, and has heard all of them. */
  #hasHeard: Residence | undefined

  constructor(
    sdk: Sdk,
    ctx: Exclusive,
    parts: { readonly names: ServiceNames; readonly residences: Residences; readonly order: RunOrder },
  ) {
    this.#sdk = sdk
    this.#ctx = ctx
    this.#names = parts.names
    this.#residences = parts.residences
    this.#order = parts.order
  }

  async run(): Promise<void> {
    const { attemptCompletedSignal } = this.#ctx.request()
    attemptCompletedSignal.addEventListener('abort', () => this.#each((residence) => residence.cutOff(this)))
    const journal = this.#order.isNew === true ? OpenJournal.begin(this.#ctx) : await OpenJournal.open(this.#ctx)
    const lane = new HandlerLane(this.#sdk, this.#ctx, () => this.#take(journal))
    try {
      await this.#pump(lane, journal)
    } catch (thrown) {
      if (!(thrown instanceof this.#sdk.TerminalError)) throw thrown
      // Somebody has cancelled the handler at the server: the process goes on in another one.
      this.#each((residence) => residence.lose())
      journal.interrupted()
      lane.tell(this.#mailbox('freed'), { invocation: this.#ctx.request().id })
      return
    }
    await this.#residence?.returned
  }

  /** Whom it runs, and whom it began and does not run yet. */
  #each(act: (residence: Residence) => void): void {
    for (const residence of new Set([this.#residence, this.#begun])) if (residence !== undefined) act(residence)
  }

  async #pump(lane: HandlerLane, journal: OpenJournal): Promise<void> {
    for (;;) {
      const heard = await lane.next()
      this.#entries += 1
      switch (heard.type) {
        case 'mail':
          this.#hear(heard.signal)
          break
        case 'sent': {
          const sent = this.#sent.get(heard.id)
          this.#sent.delete(heard.id)
          if (sent?.starts !== undefined) journal.answered(sent.starts)
          if (sent?.owner === this.#residence?.owner) this.#residence?.sent(heard.id, sent!.key, heard.result)
          break
        }
        case 'batch':
          // Each frame is an entry of its own.
          this.#entries += heard.batch.frames.length
          if (heard.batch.isVain === true || (await this.#settle(lane, journal, heard.batch))) return
          lane.askForBatch()
          break
        default:
          unreachable(heard, 'what a handler hears')
      }
      if (this.#entries > ENTRIES_MAX) this.#residence?.giveWay(this.#entries > ENTRIES_BEFORE_LEAVING)
    }
  }

  #hear(signal: MailSignal): void {
    if (this.#residence === undefined) {
      const { seq = 0 } = this.#missed ?? {}
      const switched = signal.switched ?? this.#missed?.switched
      // Without its event: those before it are missing as well, and all of them are asked for.
      this.#missed = { seq: Math.max(seq, signal.seq), ...(switched === undefined ? {} : { switched }) }
      // What runs ahead may be stopped before anybody knows it.
      if (this.#begun?.isAhead === true) this.#begun.hear(signal)
      else this.#hasHeard = undefined
      return
    }
    this.#missed = undefined
    this.#residence.hear(signal)
  }

  /** The closure: its answer is kept by the server. */
  async #take(journal: OpenJournal): Promise<Batch> {
    if (this.#residence !== undefined) return this.#nextOf(this.#residence)
    const { id: invocation, attemptCompletedSignal: signal } = this.#ctx.request()
    const begun = await this.#residences.begin(journal, this.#ctx.key, { order: this.#order, invocation, signal })
    if (begun === 'vain') return { at: 0, frames: [], isVain: true }
    // The server attempts the handler once more: behind one address others may host.
    if (begun === 'nobody')
      throw new SkeinError('ENGINE_CLOSED', `nobody hosts processes in the worker that was asked for ${this.#ctx.key}`)
    this.#begun = begun
    if (begun.isAhead) {
      if (this.#missed !== undefined) begun.hear(this.#missed)
      this.#hasHeard = begun
    }
    return this.#nextOf(begun)
  }

  /** An attempt that is over takes nobody into its hands: they may be in those of the next one. */
  #nextOf(residence: Residence): Promise<Batch> {
    if (!this.#ctx.request().attemptCompletedSignal.aborted) return residence.nextBatch(this)
    // Over before it had begun: nobody else says so.
    residence.cutOff(this)
    throw new SkeinError('LOST_EPOCH', `this attempt of the handler of ${this.#ctx.key} is over`)
  }

  /** Says what follows from a batch; true when the activation is over. */
  async #settle(lane: HandlerLane, journal: OpenJournal, batch: Batch): Promise<boolean> {
    const { began, frames: rows, rest, at } = batch
    if (began !== undefined) {
      this.#residence = this.#residences.find(began.owner)
      if (this.#begun !== this.#residence) this.#begun?.lose()
      if (this.#residence !== undefined) {
        this.#residence.journal = journal
        if (this.#hasHeard === this.#residence) this.#missed = undefined
        if (this.#missed !== undefined) this.#hear(this.#missed)
      }
      this.#batches = 0
      journal.began(began.epoch)
      const { id: invocation } = this.#ctx.request()
      // What nobody was told of shows in the head, and the mailbox hears of it when the process rests.
      if (this.#order.isKnown !== true || began.epoch > 1)
        lane.tell(this.#mailbox('began'), { invocation, epoch: began.epoch, at })
      await this.#say(lane, journal.takeUnsaid(), { at, isAgain: true })
    }
    const said = journal.append(rows, this.#residence !== undefined)
    const consumed = rows.flatMap((row) => row.consumed)
    if (consumed.length > 0) lane.tell(this.#mailbox('acknowledge'), { consumed, at })
    await this.#say(lane, said, { at, isAgain: false })
    this.#residence?.durable(this.#batches++, rows.length + (began === undefined ? 0 : 1))
    if (rest === undefined) return false
    const { waits, head } = journal
    const method = this.#isShort && rest.heardSeq === 0 ? 'restUnheard' : 'rest'
    const isOver = await lane.ask<boolean>(this.#mailbox(method), {
      ...rest,
      waits,
      consumed: head.consumed,
      epoch: head.epoch,
    })
    if (isOver) journal.rested()
    this.#residence?.rested(this.#batches, isOver)
    return isOver
  }

  /** Says what frames send and wait for: all at once, and only then is anything awaited that could be cut off. */
  async #say(lane: HandlerLane, rows: Openings['rows'], { at, isAgain }: Saying): Promise<void> {
    for (const outgoing of rows.flatMap((row) => row.sent)) this.#send(lane, outgoing, { at, isAgain })
    const { key: pid } = this.#ctx
    for (const { n, waits } of rows)
      for (const { key, on } of waits) {
        if (on.kind !== 'pending') continue
        const wait = { pid, key, by: `${pid}#${n}` }
        await lane.ask({ service: this.#names.token, key: on.token, method: 'opened' }, { wait, at })
      }
  }

  #send(lane: HandlerLane, outgoing: Outgoing, { at, isAgain }: Saying): void {
    const to = (key: string, method: string): Target => ({ service: this.#names.mailbox, key, method })
    switch (outgoing.type) {
      case 'control':
        lane.tell(to(outgoing.to, 'control'), { control: outgoing.control, at })
        return
      case 'message':
        // The process that goes on sends by itself what it has no answer to: a second answer would be one too many for it.
        if (isAgain) return lane.tell(to(outgoing.message.to, 'put'), { message: outgoing.message, at })
        this.#expect(lane.send(to(outgoing.message.to, 'put'), { message: outgoing.message, at }), {
          key: outgoing.key,
        })
        return
      case 'start':
        this.#expect(lane.send(to(outgoing.request.pid, 'start'), { request: outgoing.request, at }), {
          key: outgoing.key,
          starts: outgoing.request.pid,
        })
        return
      default:
        unreachable(outgoing, 'what a frame sends')
    }
  }

  /** Its mailbox holds a short start, and little else as long as nothing has come. */
  get #isShort(): boolean {
    return this.#order.request !== undefined
  }

  #expect(id: number, sent: Omit<Sent, 'owner'>): void {
    this.#sent.set(id, { owner: this.#residence?.owner, ...sent })
  }

  #mailbox(method: string): Target {
    return { service: this.#names.mailbox, key: this.#ctx.key, method }
  }
}
