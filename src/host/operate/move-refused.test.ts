/** What becomes of a run that the other end does not take. */
import { describe, expect, it } from 'vitest'
import { asPid, SkeinError } from '../../std/index.ts'
import type { MovedRun } from '../../engine/index.ts'
import { moveRun } from './move.ts'
import type { Move, MoveEnd } from './move.ts'

const ROOT = asPid('root')

/** Two ends, the second of which fails like that; what was asked of both, in order. */
function ends(arrives: unknown, about: { readonly refuses?: unknown; readonly hasArrived?: true } = {}) {
  const asked: string[] = []
  const from = {
    async *list() {},
    present: async () => [],
    depart: async (): Promise<MovedRun> => ({ id: 'x', root: ROOT, processes: [], blobs: [] }),
    comeBack: async (_root: string, id: string) => void asked.push(`comeBack ${id}`),
    confirm: async () => void asked.push('confirm'),
  } as unknown as MoveEnd
  const to = {
    present: async () => [],
    async arrive() {
      throw arrives
    },
    async refuse(id: string) {
      asked.push(`refuse ${id}`)
      if (about.refuses !== undefined) throw about.refuses
      return about.hasArrived !== true
    },
  } as unknown as MoveEnd
  const random = { hex: () => 'x', next: () => 0 }
  const move: Move = { from, to, source: 'here', target: 'there', by: 'ann', random }
  return { move, asked }
}

describe('moveRun', () => {
  it.each([
    new SkeinError('RUN_ALREADY_THERE', 'x'),
    new SkeinError('VALUE_TOO_LARGE', 'x'),
    new SkeinError('ENGINE_REFUSED', 'HTTP 413'),
    new SkeinError('BLOBS_REFUSED', 'x'),
    new RangeError('Maximum call stack size exceeded'),
  ])('brings a run back whose arrival would fail each time: %s', async (failure) => {
    const { move, asked } = ends(failure)
    await expect(moveRun(move, ROOT)).rejects.toBe(failure)
    expect(asked).toEqual(['refuse x', 'comeBack x'])
  })

  it.each(['ENGINE_UNREACHABLE', 'ENGINE_CLOSED', 'BLOBS_UNREACHABLE', 'RUN_NOT_AT_REST'] as const)(
    'leaves a move open that may be gone on with: %s',
    async (code) => {
      const failure = new SkeinError(code, 'x')
      const { move, asked } = ends(failure)
      await expect(moveRun(move, ROOT)).rejects.toBe(failure)
      expect(asked).toEqual([])
    },
  )

  it('says what went wrong at first where the other end cannot be asked to refuse', async () => {
    const failure = new SkeinError('ENGINE_REFUSED', 'x')
    const { move, asked } = ends(failure, { refuses: new SkeinError('ENGINE_UNREACHABLE', 'y') })
    await expect(moveRun(move, ROOT)).rejects.toBe(failure)
    expect(asked).toEqual(['refuse x'])
  })

  it('ends a move that another mover has brought there', async () => {
    const { move, asked } = ends(new SkeinError('ENGINE_REFUSED', 'x'), { hasArrived: true })
    expect(await moveRun(move, ROOT)).toBe(0)
    expect(asked).toEqual(['refuse x', 'confirm'])
  })
})
