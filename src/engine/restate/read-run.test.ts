/** What a run must not be to leave: read before anything of it is held. */
import { describe, expect, it } from 'vitest'
import type { SealedFrame } from '../../kernel/index.ts'
import { asPid } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { MOVE_BYTES_MAX, MOVE_PROCESSES_MAX } from './limits.ts'
import { readRun } from './read-run.ts'
import type { RunSource } from './read-run.ts'
import type { MailboxRow } from './wire.ts'

const ROOT = asPid('root')
const SHA = 'b'.repeat(64)
const rowOf = (pid: Pid, more: Partial<MailboxRow> = {}): MailboxRow =>
  ({ pid, root: ROOT, depth: pid === ROOT ? 0 : 1, createdAt: 1, ...more }) as MailboxRow
const frameOf = (facts: readonly object[], payloads = '[]'): SealedFrame =>
  ({ body: JSON.stringify(facts), payloads }) as SealedFrame
const starts = (to: Pid): object => ({ type: 'sent', what: 'start', to })

/** A place with these processes and journals; tables show the root alone, unless told otherwise. */
function placeOf(rows: readonly MailboxRow[], given: Partial<RunSource> = {}): RunSource {
  return {
    membersOf: async () => rows.filter(({ pid }) => pid === ROOT),
    rowOf: async (pid) => rows.find((row) => row.pid === pid),
    headOf: async () => null,
    framesOf: async function* () {
      yield* []
    },
    blobOf: async () => '"a value"',
    ...given,
  }
}

const children = (n: number): readonly Pid[] => Array.from({ length: n }, (_, i) => asPid(`child-${i}`))

describe('a run that is read', () => {
  it('is whom its journals name, down to the last generation, and nobody else', async () => {
    const [child, grandchild, refused, other] = ['child', 'grandchild', 'refused', 'other'].map((text) => asPid(text))
    const rows = [rowOf(ROOT), rowOf(child!, { parent: ROOT }), rowOf(grandchild!, { depth: 2, parent: child! })]
    const journals = new Map([
      [ROOT, [starts(refused!), starts(other!), starts(child!)]],
      [child!, [starts(grandchild!)]],
    ])
    const place = placeOf([...rows, rowOf(other!, { root: other! })], {
      framesOf: async function* (pid) {
        yield frameOf(journals.get(pid) ?? [])
      },
    })
    expect((await readRun(place, ROOT)).read).toEqual([
      { pid: ROOT, n: 0 },
      { pid: child, n: 0, parent: ROOT },
      { pid: grandchild, n: 0, parent: child },
    ])
  })

  it('is nothing where it has left, is none, or belongs to another', async () => {
    const left = { id: 'x', target: 't', by: 'b', at: 1 }
    for (const rows of [[], [rowOf(ROOT, { left })], [rowOf(ROOT, { root: asPid('other') })]])
      expect((await readRun(placeOf(rows), ROOT)).read).toEqual([])
  })

  it('stays when it has more processes than a move carries', async () => {
    const ofRun = (n: number): RunSource => {
      const pids = children(n - 1)
      const rows = [rowOf(ROOT), ...pids.map((pid) => rowOf(pid))]
      return placeOf(rows, { membersOf: async () => rows })
    }
    expect((await readRun(ofRun(MOVE_PROCESSES_MAX), ROOT)).read).toHaveLength(MOVE_PROCESSES_MAX)
    await expect(readRun(ofRun(MOVE_PROCESSES_MAX + 1), ROOT)).rejects.toMatchObject({
      code: 'VALUE_TOO_LARGE',
      message: expect.stringContaining(`more than ${MOVE_PROCESSES_MAX} processes`) as string,
    })
  })

  it('stays when its journals and values have more bytes than a move carries; each value counts once', async () => {
    // Of three bytes each, that are one character.
    const value = '語'.repeat(MOVE_BYTES_MAX / 6)
    const named = (sha256: string): SealedFrame => frameOf([], JSON.stringify([['s', sha256, value.length]]))
    const ofBlobs = (...sha256s: readonly string[]): RunSource =>
      placeOf([rowOf(ROOT)], {
        blobOf: async () => value,
        framesOf: async function* () {
          for (const sha256 of sha256s) yield named(sha256)
        },
      })
    expect((await readRun(ofBlobs(SHA, SHA, SHA), ROOT)).texts.size).toBe(1)
    await expect(readRun(ofBlobs(SHA, 'c'.repeat(64)), ROOT)).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })
})
