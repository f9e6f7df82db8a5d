/** Random workflows, random edits, at a random moment in flight. `EDITS=5000` for more, `EDIT=17` for one. */
import { describe, expect, it } from 'vitest'
import { playEdit } from './play-edit.ts'

const EDITS_DEFAULT = 300
const only = process.env['EDIT']
const seeds =
  only === undefined
    ? Array.from({ length: Number(process.env['EDITS'] ?? EDITS_DEFAULT) }, (_, i) => i)
    : [Number(only)]

describe('U: random edits of random workflows in flight', () => {
  it('the world is that of a run of the new code on what was done, or the process is parked and says why', async () => {
    const ends: Record<string, number> = {}
    const bad: string[] = []
    for (const seed of seeds) {
      const played = await playEdit(seed).catch((thrown: unknown) => String(thrown))
      if (typeof played === 'string') {
        bad.push(`EDIT=${seed}: ${played}`)
        continue
      }
      ends[played.end] = (ends[played.end] ?? 0) + 1
      if (played.offences.length > 0)
        bad.push(`EDIT=${seed} ${played.classes.join(', ')}: ${played.offences.slice(0, 3).join(' | ')}`)
      if (only !== undefined) console.log(JSON.stringify(played, null, 1))
    }
    console.log(`random edits: ${JSON.stringify(ends)}`)
    expect(bad).toEqual([])
    const isThere = ['adopted', 'parked', 'untouched'].map((end) => only !== undefined || (ends[end] ?? 0) > 0)
    expect(isThere).toEqual([true, true, true])
  })
})
