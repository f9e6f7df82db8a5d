/**
 * Runs leave this server for another engine, and come from others: what a mover asks of the objects there (decision 065).
 *
 * Invariants:
 * 1. What must not be left half is done by a handler; between two calls from here the mover may be killed.
 * 2. Whoever will carry a run has read all of it, and had all that lies outside, before any of it is held.
 * 3. What has left is only read; it is asked for page by page, and is the same until it is confirmed.
 */
import { openFrame } from '../../kernel/index.ts'
import type { SealedFrame } from '../../kernel/index.ts'
import { errorFromData, SkeinError } from '../../std/index.ts'
import type { Clock, EffectKey, Hash, Pid } from '../../std/index.ts'
import { blobsNamed } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { checkFrames, demandBlobs, hasMoved, openEffects, returning } from '../move/at-rest.ts'
import type { Departure, Movable, MovedRun } from '../move/moved-run.ts'
import type { EngineTraits } from '../port.ts'
import type { Opened, PayloadSweeper } from './arrival-object.ts'
import type { ObjectClient } from './client.ts'
import type { Answer, AskedDeparture, Departed, RunReader } from './departure-object.ts'
import { CLOCK_OFF_MS_MAX } from './limits.ts'
import type { Luggage, SeenPage } from './luggage.ts'
import { baggageOf, bareFrame, parcelOf, withPayloadsInside } from './moved-forms.ts'
import type { Parcel } from './moved-forms.ts'
import { byBirth, readRun } from './read-run.ts'
import type { RunRead, RunSource } from './read-run.ts'
import type { RestateServer } from './server.ts'
import type { Head, MailboxRow, MailItem, MailPage, ServiceNames } from './wire.ts'

type Parts = {
  readonly client: ObjectClient
  readonly blobs: JournalBlobs
  readonly server: RestateServer
  readonly names: ServiceNames
  readonly clock: Clock
  readonly hash: Hash
  readonly traits: EngineTraits
}

type Blobs = Map<string, string>

/** Moves from and to one installation. */
export class RestateMoves implements Movable, RunReader, RunSource, PayloadSweeper {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async depart(root: Pid, about: Departure): Promise<MovedRun> {
    // By whoever will carry it: what cannot be had is known before anything has left.
    const { read, texts } = await readRun(this, root)
    const at = this.#parts.clock.now()
    // As long as it is waited for, by clocks that are apart.
    const until = at + this.#parts.server.timeoutMs + CLOCK_OFF_MS_MAX
    const asked: AskedDeparture = { ...about, at, until, read }
    const { id, pids } = granted(await this.#call<Answer<Departed>>('departure', root, 'depart', asked))
    const blobs: Blobs = new Map()
    const processes: MovedRun['processes'][number][] = []
    for (const pid of pids)
      processes.push(await this.#luggageOf(pid, { id, root, target: about.target }, { blobs, texts }))
    const run = { id, root, processes, blobs: [...blobs].map(([sha256, text]) => ({ sha256, text })) }
    demandBlobs(run)
    return run
  }

  async arrive(run: MovedRun): Promise<void> {
    const back = returning(run.id)
    // What it was lies here still.
    if (back !== undefined) return this.comeBack(run.root, back)
    const { blobs, clock, hash, traits } = this.#parts
    const whole = blobs.isOutside ? run : withPayloadsInside(run)
    checkFrames(whole, traits)
    const texts = new Map(run.blobs.map(({ sha256, text }) => [sha256, text]))
    const about = { get: (sha256: string) => texts.get(sha256), hash, at: clock.now() }
    const parcels = whole.processes.map((one) => parcelOf(one, about))
    const pids = whole.processes.map(({ pid }) => pid)
    const { attempt } = granted(await this.#call<Answer<Opened>>('arrival', run.id, 'open', { root: run.root, pids }))
    if (attempt === null) return
    for (const [i, parcel] of parcels.entries()) {
      if (blobs.isOutside) await this.#putBlobs(pids[i]!, whole.processes[i]!.frames, texts)
      await this.#send(pids[i]!, parcel, { id: run.id, attempt })
    }
    granted(await this.#call<Answer<Opened>>('arrival', run.id, 'settle', { root: run.root, attempt }))
  }

  refuse(id: string): Promise<boolean> {
    return this.#call('arrival', id, 'refuse', null)
  }

  confirm(root: Pid, id: string): Promise<void> {
    return this.#call('departure', root, 'confirm', { id })
  }

  async sweep(pids: readonly Pid[]): Promise<void> {
    const { blobs, client } = this.#parts
    if (!blobs.isOutside) return
    try {
      for (const pid of pids) await blobs.eraseUnnamed(pid, client.frames(pid, 0))
    } catch (thrown) {
      // A bucket that is away keeps nobody from being refused; what stays there goes when the process of that name is erased.
      if (!SkeinError.isInstance(thrown)) throw thrown
    }
  }

  async onTheWay(root: Pid): Promise<Departure | undefined> {
    return (await this.#read<Departure | null>('departure', root, 'onTheWay')) ?? undefined
  }

  /** Needs nothing of what it carried. */
  comeBack(root: Pid, id: string): Promise<void> {
    return this.#call('departure', root, 'comeBack', { id })
  }

  async unconfirmed(target: string): Promise<readonly Pid[]> {
    const rows = await this.#rows('')
    return rows
      .filter(({ pid, root, left }) => pid === root && left?.target === target && left.isConfirmed !== true)
      .map(({ pid }) => pid)
  }

  async present(pids: readonly Pid[]): Promise<readonly Pid[]> {
    const here = await Promise.all(pids.map((pid) => this.#read<boolean>('mailbox', pid, 'isTaken')))
    return pids.filter((_, i) => here[i])
  }

  async membersOf(root: Pid): Promise<readonly MailboxRow[]> {
    const rows = await this.#rows(` and value_utf8 like '%"root":"${root}"%'`)
    return rows.filter((row) => row.root === root)
  }

  rowOf(pid: Pid): Promise<MailboxRow | undefined> {
    return this.#parts.client.place(pid)
  }

  headOf(pid: Pid): Promise<Head | null> {
    return this.#read('process', pid, 'head')
  }

  framesOf(pid: Pid): AsyncIterable<SealedFrame> {
    return this.#parts.client.frames(pid, 0)
  }

  blobOf(pid: Pid, sha256: string): Promise<string> {
    return this.#parts.blobs.get(pid, sha256)
  }

  async openEffectsOf(pid: Pid): Promise<readonly EffectKey[]> {
    const { client, blobs } = this.#parts
    const frames = await gathered(client.frames(pid, 0))
    return [...openEffects(await blobs.with(pid, (get) => frames.flatMap((frame) => openFrame(frame, get))))]
  }

  async #rows(where: string): Promise<readonly MailboxRow[]> {
    const { server, names } = this.#parts
    const rows = await server.query<{ readonly value_utf8: string }>(
      `select value_utf8 from state where service_name = '${names.mailbox}' and key = 'row'${where}`,
    )
    return rows.map(({ value_utf8: text }) => JSON.parse(text) as MailboxRow).toSorted(byBirth)
  }

  async #luggageOf(
    pid: Pid,
    { id, root, target }: { readonly id: string; readonly root: Pid; readonly target: string },
    { blobs, texts }: { readonly blobs: Blobs; readonly texts: RunRead['texts'] },
  ): Promise<MovedRun['processes'][number]> {
    const { client, hash } = this.#parts
    /** Somebody else has ended this move meanwhile: one way or the other. */
    const still = <A>(answer: A | null): A => {
      if (answer === null) throw hasMoved(root, target)
      return answer
    }
    const asked = async <A>(handler: string, more: object = {}): Promise<A> =>
      still(await this.#read<A | null>('mailbox', pid, handler, { id, ...more }))
    const luggage = await asked<Luggage>('luggage')
    const { baggage, blobs: own } = baggageOf(luggage, {
      head: await this.headOf(pid),
      mail: await gathered(mailOf((after) => asked<MailPage>('luggageMail', { after }))),
      seen: await gathered(seenOf((from) => asked<SeenPage>('luggageSeen', from === undefined ? {} : { from }))),
      hash,
    })
    for (const { sha256, text } of own) blobs.set(sha256, text)
    const frames = (await gathered(client.frames(pid, 0))).map(bareFrame)
    for (const sha256 of blobsNamed(frames))
      if (!blobs.has(sha256)) blobs.set(sha256, texts.get(sha256) ?? (await this.blobOf(pid, sha256)))
    return { ...baggage, frames }
  }

  async #putBlobs(pid: Pid, frames: readonly SealedFrame[], texts: ReadonlyMap<string, string>): Promise<void> {
    const blobs = [...blobsNamed(frames)].map((sha256) => ({ sha256, text: texts.get(sha256)! }))
    await this.#parts.blobs.put(pid, blobs, new AbortController().signal)
  }

  async #send(pid: Pid, parcel: Parcel, of: { readonly id: string; readonly attempt: number }): Promise<void> {
    for (const frames of parcel.frames) await this.#call('process', pid, 'receive', { ...of, frames })
    await this.#call('process', pid, 'receive', { ...of, frames: [], end: parcel.end })
    for (const page of parcel.pages) await this.#call('mailbox', pid, 'receive', { ...of, ...page })
    await this.#call('mailbox', pid, 'install', { ...of, ...parcel.installed })
  }

  #call<A>(service: keyof ServiceNames, key: string, handler: string, parameter: unknown): Promise<A> {
    const { server, names } = this.#parts
    return server.call<A>({ service: names[service], key, handler }, parameter)
  }

  #read<A>(service: keyof ServiceNames, key: string, handler: string, parameter: unknown = null): Promise<A> {
    const { server, names } = this.#parts
    return server.read<A>({ service: names[service], key, handler }, parameter)
  }
}

function granted<A extends object>(answer: Answer<A>): A {
  if ('refused' in answer) throw errorFromData(answer.refused)
  return answer
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* mailOf(pageAfter: (after: number) => Promise<MailPage>): AsyncGenerator<MailItem> {
  for (let after = 0; ;) {
    const { items, lastSeq, isWhole } = await pageAfter(after)
    yield* items
    if (isWhole) return
    after = items.at(-1)?.seq ?? lastSeq
  }
}

async function* seenOf(
  pageFrom: (from: string | undefined) => Promise<SeenPage>,
): AsyncGenerator<SeenPage['seen'][number]> {
  for (let from: string | undefined, isWhole = false; !isWhole;) {
    const page: SeenPage = await pageFrom(from)
    yield* page.seen
    from = page.next
    isWhole = from === undefined
  }
}
