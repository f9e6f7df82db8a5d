/** Random workflows, random edits, at a random moment in flight. `EDITS=5000` for more, `EDIT=17` for one. */
import { describe, expect, it } from 'vitest'
import { factsOf } from '../../../src/testing/index.ts'
import { playEdit } from './play-edit.ts'
import { harmlessEdit } from './random-edit.ts'

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

  it('what a dry replay says yes to is not parked later, where only reads, draws and pauses were added in the main line', async () => {
    let adopted = 0
    const bad: string[] = []
    for (const seed of seeds) {
      const played = await playEdit(seed, harmlessEdit)
      const isAdopted = factsOf(played.facts, 'adopted').length > 0
      if (isAdopted) adopted += 1
      if (isAdopted && played.end === 'parked')
        bad.push(`EDIT=${seed} ${played.classes.join(', ')}: ${played.view.parked?.message}`)
      bad.push(...played.offences.map((offence) => `EDIT=${seed}: ${offence}`))
      if (only !== undefined) console.log(JSON.stringify(played, null, 1))
    }
    expect(bad).toEqual([])
    expect(only ?? adopted).toBeGreaterThan(0)
  })
})
