/** A process of a run that moves, in the form of this engine and in that of moves. */
import { CHAIN_START } from '../../kernel/index.ts'
import type {
  BlobToStore,
  Control,
  Message,
  Outcome,
  SealedFrame,
  StartRequest,
  StoredPayload,
  Wait,
} from '../../kernel/index.ts'
import { asEpoch, limits, SkeinError } from '../../std/index.ts'
import type { ErrorData, Hash, Pid } from '../../std/index.ts'
import type { GetBlob } from '../blobs/journal-blobs.ts'
import { errorText } from '../embedded/prepare.ts'
import { pack, unpack } from '../embedded/store/pack.ts'
import { earliestOf } from '../move/at-rest.ts'
import type { Baggage, MovedRun } from '../move/moved-run.ts'
import { isOver } from '../process-view.ts'
import type { Summary } from '../../kernel/index.ts'
import type { Installed, Page } from './arriving.ts'
import { MOVE_REQUEST_BYTES_MAX, PAGE_BYTES_MAX, PAGE_MAIL } from './limits.ts'
import type { Luggage, SeenPage } from './luggage.ts'
import type { Head, MailboxRow, MailEvent, MailItem } from './wire.ts'

type Moved = MovedRun['processes'][number]

/** What is sent of a process that arrives. */
export type Parcel = {
  readonly pages: readonly Pick<Page, 'mail' | 'seen' | 'isFirst'>[]
  readonly frames: readonly (readonly SealedFrame[])[]
  readonly end: { readonly head: Head; readonly waits: readonly Wait[] }
  readonly installed: Omit<Installed, 'id' | 'attempt'>
}

/** A process that has left, and the blobs that its texts name. */
export function baggageOf(
  { row, request, waits, result }: Luggage,
  about: {
    readonly head: Head | null
    readonly mail: readonly MailItem[]
    readonly seen: readonly SeenPage['seen'][number][]
    readonly hash: Hash
  },
): { readonly baggage: Baggage; readonly blobs: readonly BlobToStore[] } {
  const { head, mail, seen, hash } = about
  const blobs: BlobToStore[] = []
  const packed = (value: unknown): string => {
    const { text, blobs: own } = pack(value, hash)
    blobs.push(...own)
    return text
  }
  const { pid, root, depth, kind, workflow, status, createdAt, updatedAt, activations, erased } = row
  const isEnded = isOver(status)
  const baggage: Baggage = {
    ...{ pid, root, depth, kind, workflow, status, createdAt, updatedAt, activations },
    parent: row.parent ?? null,
    file: row.file ?? null,
    endedAt: row.endedAt ?? null,
    segmentN: head?.segmentN ?? 0,
    summary: row.summary === undefined ? null : JSON.stringify(row.summary),
    parked: row.parked === undefined || status !== 'parked' ? null : errorText(row.parked),
    result: result === null || !isEnded ? null : packed(result),
    request: packed(request),
    mail: mail.map(({ event }) =>
      event.type === 'message'
        ? { kind: 'm', text: JSON.stringify(event.message) }
        : { kind: 'c', text: packed(event.control) },
    ),
    waits: isEnded ? [] : waits.map((wait) => ({ text: packed(wait), n: (head?.n ?? 1) - 1 })),
    seen: seen.map(([id, at]) => ({ id, forgetAt: at + limits.FOREIGN_ID_TTL_MS })),
    erased: erased === undefined ? null : { at: erased.at, by: erased.by, isWhole: erased.whole },
  }
  return { baggage, blobs }
}

/** A frame without what is only of this engine. */
export function bareFrame({
  pid,
  epoch,
  n,
  firstSeq,
  lastSeq,
  body,
  payloads,
  prevHash,
  hash,
}: SealedFrame): SealedFrame {
  return { pid, epoch, n, firstSeq, lastSeq, body, payloads, prevHash, hash }
}

/** A run whose frames hold all their payloads: where nothing lies outside. Digests cover values, so its chains are the same. */
export function withPayloadsInside(run: MovedRun): MovedRun {
  const texts = new Map(run.blobs.map(({ sha256, text }) => [sha256, text]))
  const inside = (frame: SealedFrame): SealedFrame => {
    const stored = JSON.parse(frame.payloads) as readonly StoredPayload[]
    if (!stored.some((one) => one?.length === 3)) return frame
    const payloads = stored.map((one) => {
      const text = one?.length === 3 ? texts.get(one[1]) : undefined
      return text === undefined ? JSON.stringify(one) : `[${JSON.stringify(one![0])},${text}]`
    })
    return { ...frame, payloads: `[${payloads.join(',')}]` }
  }
  return { ...run, processes: run.processes.map((one) => ({ ...one, frames: one.frames.map(inside) })) }
}

/** What a process is sent as. Throws `VALUE_TOO_LARGE`. */
export function parcelOf(
  one: Moved,
  about: { readonly get: GetBlob; readonly hash: Hash; readonly at: number },
): Parcel {
  const { get, hash, at } = about
  const waits = one.waits.map(({ text }) => unpack<Wait>(text, get))
  const mail = one.mail.map(({ kind, text }, i): MailItem => ({ seq: i + 1, event: eventOf(kind, text, get) }))
  const last = one.frames.at(-1)
  const head: Head = {
    n: last === undefined ? 0 : last.n + 1,
    hash: last?.hash ?? CHAIN_START,
    lastSeq: last?.lastSeq ?? -1,
    segmentN: one.segmentN,
    epoch: asEpoch(one.frames.reduce((last, { epoch }) => Math.max(last, epoch), 0)),
    consumed: [],
    isOpen: false,
  }
  const { status } = one
  const hasControls = mail.some(({ event }) => event.type === 'control')
  const installed: Parcel['installed'] = {
    row: rowOf(one, { mail, waits, head, hash, at }),
    // What was parked there may be run here.
    isWanted: !isOver(status) && (status !== 'waiting' || hasControls),
    request: unpack<StartRequest>(one.request, get),
    waits,
    result: one.result === null ? null : unpack<Outcome>(one.result, get),
  }
  const end = { head, waits }
  demandSize(one.pid, bytesOf(installed) + bytesOf(end), 'what it was given, waits for and gave')
  return {
    pages: pagesOf(one, mail),
    frames: inPages(one.frames, (frame) => sizeIn(one.pid, frame, `frame ${frame.n}`)),
    end,
    installed,
  }
}

function rowOf(
  one: Moved,
  about: {
    readonly mail: readonly MailItem[]
    readonly waits: readonly Wait[]
    readonly head: Head
    readonly hash: Hash
    readonly at: number
  },
): Installed['row'] {
  const { pid, root, depth, kind, workflow, status, createdAt, updatedAt, activations, erased } = one
  const messages = about.mail.flatMap(({ event }) => (event.type === 'message' ? [event.message] : []))
  const wakeAt = status === 'waiting' ? earliestOf(about.waits, about.hash) : undefined
  return {
    ...{ pid, root, depth, kind, workflow, createdAt, updatedAt, activations },
    status: status === 'running' ? 'ready' : status,
    ...(one.parent === null ? {} : { parent: one.parent }),
    ...(one.file === null ? {} : { file: one.file }),
    ...(one.endedAt === null ? {} : { endedAt: one.endedAt }),
    ...(one.summary === null ? {} : { summary: JSON.parse(one.summary) as Summary }),
    ...(one.parked === null ? {} : { parked: JSON.parse(one.parked) as ErrorData }),
    ...(erased === null ? {} : { erased: { at: erased.at, by: erased.by, whole: erased.isWhole } }),
    ...(wakeAt === undefined ? {} : { wakeAt }),
    epoch: about.head.epoch,
    lastSeq: about.mail.length,
    lastControlSeq: about.mail.findLast(({ event }) => event.type === 'control')?.seq ?? 0,
    count: messages.length,
    bytes: messages.reduce((sum, message) => sum + bytesOf(message), 0),
    told: 0,
    consumed: 0,
    forgotAt: about.at,
  } satisfies Omit<MailboxRow, 'deadCount'>
}

/** As it goes over the line: texts in texts are escaped once more, and a character has up to three bytes. */
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

function demandSize(pid: Pid, bytes: number, what: string): void {
  if (bytes > MOVE_REQUEST_BYTES_MAX)
    throw new SkeinError(
      'VALUE_TOO_LARGE',
      `${what} (of ${pid}) has ${bytes} bytes, more than the ${MOVE_REQUEST_BYTES_MAX} that the other engine takes at once; ` +
        'its run stays where it is',
    )
}

function sizeIn(pid: Pid, value: unknown, what: string): number {
  const bytes = bytesOf(value)
  demandSize(pid, bytes, what)
  return bytes
}

function eventOf(kind: 'm' | 'c', text: string, get: GetBlob): MailEvent {
  if (kind === 'm') return { type: 'message', message: JSON.parse(text) as Message }
  return { type: 'control', control: unpack<Control>(text, get) }
}

function pagesOf({ pid, seen }: Moved, mail: readonly MailItem[]): Parcel['pages'] {
  const ids = seen.map(({ id, forgetAt }) => [id, forgetAt - limits.FOREIGN_ID_TTL_MS] as const)
  const letters = inPages(mail, (item) => sizeIn(pid, item, `message or control ${item.seq} of its mail`))
  const heard = inPages(ids, bytesOf)
  return Array.from({ length: Math.max(1, letters.length, heard.length) }, (_, i) => ({
    mail: letters[i] ?? [],
    seen: heard[i] ?? [],
    isFirst: i === 0,
  }))
}

/** As much in each as one request may hold; what is larger than that goes alone. */
export function inPages<T>(items: readonly T[], sizeOf: (item: T) => number): readonly (readonly T[])[] {
  const pages: T[][] = []
  let [page, size] = [[] as T[], 0]
  for (const item of items) {
    const bytes = sizeOf(item)
    if (page.length > 0 && (size + bytes > PAGE_BYTES_MAX || page.length >= PAGE_MAIL)) [page, size] = [[], 0]
    if (page.length === 0) pages.push(page)
    page.push(item)
    size += bytes
  }
  return pages
}
