/**
 * Runs leave this server for another engine, and come from others: what a mover asks of the objects there (decision 065).
 *
 * Invariants:
 * 1. What must not be left half is done by a handler; between two calls from here the mover may be killed.
 * 2. What has left is only read; it is asked for page by page, and is the same until it is confirmed.
 */
import { openFrame } from '../../kernel/index.ts'
import type { SealedFrame } from '../../kernel/index.ts'
import { errorFromData } from '../../std/index.ts'
import type { Clock, EffectKey, Hash, Pid } from '../../std/index.ts'
import { blobsNamed } from '../blobs/journal-blobs.ts'
import type { JournalBlobs } from '../blobs/journal-blobs.ts'
import { checkFrames, demandBlobs, hasMoved, openEffects, returning } from '../move/at-rest.ts'
import type { Departure, Movable, MovedRun } from '../move/moved-run.ts'
import type { EngineTraits } from '../port.ts'
import type { Opened } from './arrival-object.ts'
import type { ObjectClient } from './client.ts'
import type { Answer, Departed, RunReader } from './departure-object.ts'
import type { Luggage, SeenPage } from './luggage.ts'
import { baggageOf, bareFrame, parcelOf, withPayloadsInside } from './moved-forms.ts'
import type { Parcel } from './moved-forms.ts'
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
export class RestateMoves implements Movable, RunReader {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async depart(root: Pid, about: Departure): Promise<MovedRun> {
    const { clock } = this.#parts
    const { id, pids } = granted(
      await this.#call<Answer<Departed>>('departure', root, 'depart', { ...about, at: clock.now() }),
    )
    const blobs: Blobs = new Map()
    const processes: MovedRun['processes'][number][] = []
    for (const pid of pids) {
      const one = await this.#luggageOf(pid, id, blobs)
      if (one === undefined) throw hasMoved(root, about.target)
      processes.push(one)
    }
    const run = { id, root, processes, blobs: [...blobs].map(([sha256, text]) => ({ sha256, text })) }
    demandBlobs(run)
    return run
  }

  async arrive(run: MovedRun): Promise<void> {
    const back = returning(run.id)
    // What it was lies here still.
    if (back !== undefined) return this.#call('departure', run.root, 'comeBack', { id: back })
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
    const waits = parcels.map(({ installed }, i) => ({ pid: pids[i]!, waits: installed.waits }))
    granted(await this.#call<Answer<Opened>>('arrival', run.id, 'settle', { attempt, waits }))
  }

  refuse(id: string): Promise<boolean> {
    return this.#call('arrival', id, 'refuse', null)
  }

  confirm(root: Pid): Promise<void> {
    return this.#call('departure', root, 'confirm', null)
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
    return rows
      .map(({ value_utf8: text }) => JSON.parse(text) as MailboxRow)
      .toSorted((a, b) => a.depth - b.depth || a.createdAt - b.createdAt || (a.pid < b.pid ? -1 : 1))
  }

  async #luggageOf(pid: Pid, id: string, blobs: Blobs): Promise<MovedRun['processes'][number] | undefined> {
    const { client, hash, blobs: outside } = this.#parts
    const luggage = await this.#read<Luggage | null>('mailbox', pid, 'luggage', { id })
    if (luggage === null) return undefined
    const head = await this.#read<Head | null>('process', pid, 'head')
    const { baggage, blobs: own } = baggageOf(luggage, {
      head,
      mail: await gathered(this.#mail(pid)),
      seen: await gathered(this.#seen(pid)),
      hash,
    })
    for (const { sha256, text } of own) blobs.set(sha256, text)
    const frames = (await gathered(client.frames(pid, 0))).map(bareFrame)
    for (const sha256 of blobsNamed(frames)) if (!blobs.has(sha256)) blobs.set(sha256, await outside.get(pid, sha256))
    return { ...baggage, frames }
  }

  async *#mail(pid: Pid): AsyncGenerator<MailItem> {
    for (let after = 0; ;) {
      const { items, lastSeq, isWhole } = await this.#read<MailPage>('mailbox', pid, 'luggageMail', { after })
      yield* items
      if (isWhole) return
      after = items.at(-1)?.seq ?? lastSeq
    }
  }

  async *#seen(pid: Pid): AsyncGenerator<SeenPage['seen'][number]> {
    for (let from: string | undefined = ''; from !== undefined;) {
      const page: SeenPage = await this.#read('mailbox', pid, 'luggageSeen', from === '' ? {} : { from })
      yield* page.seen
      from = page.next
    }
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
