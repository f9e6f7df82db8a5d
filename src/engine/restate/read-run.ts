/**
 * A run is read before it leaves, by the mover who will carry it.
 *
 * Invariants:
 * 1. Nothing of it is held or changed. What comes after it was read its departure finds, and refuses.
 * 2. Whom its journals say that it has started is of it, whether the tables of the server show them already or not.
 */
import type { Fact, SealedFrame } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { blobsNamed } from '../blobs/journal-blobs.ts'
import type { ReadProcess } from './departure-object.ts'
import { MOVE_BYTES_MAX, MOVE_PROCESSES_MAX } from './limits.ts'
import type { Head, MailboxRow } from './wire.ts'

/** What a mover asks of an installation. */
export interface RunSource {
  membersOf(root: Pid): Promise<readonly MailboxRow[]>
  /** The row of one process, as its mailbox has it. */
  rowOf(pid: Pid): Promise<MailboxRow | undefined>
  headOf(pid: Pid): Promise<Head | null>
  framesOf(pid: Pid): AsyncIterable<SealedFrame>
  /** Throws `BLOB_LOST`, `BLOBS_ABSENT`. */
  blobOf(pid: Pid, sha256: string): Promise<string>
}

/** Processes in the order in which they began, and the texts of what lies outside their frames. */
export type RunRead = { readonly read: readonly ReadProcess[]; readonly texts: ReadonlyMap<string, string> }

/** Nothing of what has left, or is none. Throws `VALUE_TOO_LARGE`, `BLOB_LOST`, `BLOBS_ABSENT`. */
export async function readRun(source: RunSource, root: Pid): Promise<RunRead> {
  const first = await source.rowOf(root)
  const read = new Map<Pid, ReadProcess>()
  const texts = new Map<string, string>()
  if (first === undefined || first.root !== root || first.left !== undefined) return { read: [], texts }
  const rows = new Map([first, ...(await source.membersOf(root))].map((row) => [row.pid, row]))
  let bytes = 0
  const count = (text: string): void => {
    bytes += Buffer.byteLength(text)
    if (bytes > MOVE_BYTES_MAX) throw tooLarge(root, `journals of more than ${MOVE_BYTES_MAX} bytes`)
  }
  const asked = new Set(rows.keys())
  // Whoever is found is read after those before.
  for (const { pid, parent } of rows.values()) {
    if (rows.size > MOVE_PROCESSES_MAX) throw tooLarge(root, `more than ${MOVE_PROCESSES_MAX} processes`)
    // Before its frames: what comes meanwhile is not counted.
    const head = await source.headOf(pid)
    read.set(pid, { pid, n: head?.n ?? 0, ...(parent === undefined ? {} : { parent }) })
    for await (const frame of source.framesOf(pid)) {
      count(frame.body)
      count(frame.payloads)
      for (const sha256 of blobsNamed([frame])) {
        if (texts.has(sha256)) continue
        const text = await source.blobOf(pid, sha256)
        count(text)
        texts.set(sha256, text)
      }
      for (const child of startedBy(frame)) {
        const row = asked.has(child) ? undefined : await source.rowOf(child)
        asked.add(child)
        // One whose start was refused has no row, or is somebody else's.
        if (row?.root === root) rows.set(child, row)
      }
    }
  }
  const inOrder = [...rows.values()].toSorted(byBirth)
  return { read: inOrder.map(({ pid }) => read.get(pid)!), texts }
}

/** Parents before children. */
export const byBirth = (a: MailboxRow, b: MailboxRow): number =>
  a.depth - b.depth || a.createdAt - b.createdAt || (a.pid < b.pid ? -1 : 1)

/** Children that a frame says to have been started. */
function startedBy({ body }: SealedFrame): readonly Pid[] {
  const facts = JSON.parse(body) as readonly Fact[]
  return facts.flatMap((fact) => (fact.type === 'sent' && fact.what === 'start' ? [fact.to] : []))
}

const tooLarge = (root: Pid, what: string): SkeinError =>
  new SkeinError(
    'VALUE_TOO_LARGE',
    `${root} has ${what}, and a run leaves a Restate server in one piece; it stays where it is, and ends there`,
  )
