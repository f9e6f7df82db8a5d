import { describe, expect, it } from 'vitest'
import type { Departure } from '../../engine/index.ts'
import { asPid, SkeinError } from '../../std/index.ts'
import { callBack, moveRun } from './move.ts'
import type { Move, MoveEnd } from './move.ts'

const ROOT = asPid('order')
const WAY: Departure = { id: 'x', target: 'there', by: 'ann' }

/** A move whose run cannot be had, and what was asked of both ends. */
function moveOf(about: { readonly fails?: string; readonly way?: Departure; readonly hasArrived?: boolean }) {
  const { fails = 'BLOB_LOST', way, hasArrived = false } = about
  const asked: string[] = []
  const from = {
    list: async function* () {
      yield { pid: ROOT }
    },
    present: async () => [],
    depart: async () => {
      throw new SkeinError(fails, 'it cannot be had')
    },
    onTheWay: async () => way,
    comeBack: async (_root: string, id: string) => void asked.push(`comeBack ${id}`),
    confirm: async (_root: string, id: string) => void asked.push(`confirm ${id}`),
  }
  const to = { refuse: async (id: string) => asked.push(`refuse ${id}`) > 0 && !hasArrived }
  const move = { from, to, source: 'here', target: 'there', by: 'ann', random: { hex: () => 'new', next: () => 0 } }
  return { asked, move: { ...move, from: from as unknown as MoveEnd, to: to as unknown as MoveEnd } satisfies Move }
}

describe('a run whose luggage cannot be had', () => {
  it.each(['BLOB_LOST', 'BLOBS_ABSENT', 'DATA_FOLDER_CORRUPT'])('goes back when it has left: %s', async (fails) => {
    const { move, asked } = moveOf({ fails, way: WAY })
    await expect(moveRun(move, ROOT)).rejects.toMatchObject({ code: fails })
    expect(asked).toEqual(['refuse x', 'comeBack x'])
  })

  it('is left where it is when it has not left, left for another place, or only rests no more', async () => {
    for (const about of [{}, { way: { ...WAY, target: 'elsewhere' } }, { fails: 'RUN_NOT_AT_REST', way: WAY }]) {
      const { move, asked } = moveOf(about)
      await expect(moveRun(move, ROOT)).rejects.toMatchObject({ message: 'it cannot be had' })
      expect(asked).toEqual([])
    }
  })

  it('is known to have arrived when the other end has it already', async () => {
    const { move, asked } = moveOf({ way: WAY, hasArrived: true })
    await expect(moveRun(move, ROOT)).rejects.toMatchObject({ code: 'RUN_MOVED' })
    expect(asked).toEqual(['refuse x', 'confirm x'])
  })
})

describe('a move that is called off', () => {
  it('needs nothing of what was carried, and is refused for a run that is not on its way there', async () => {
    const { move, asked } = moveOf({ way: WAY })
    await callBack(move, ROOT)
    expect(asked).toEqual(['refuse x', 'comeBack x'])
    for (const about of [{}, { way: { ...WAY, target: 'elsewhere' } }]) {
      const other = moveOf(about)
      await expect(callBack(other.move, ROOT)).rejects.toMatchObject({ code: 'USAGE' })
      expect(other.asked).toEqual([])
    }
  })
})
