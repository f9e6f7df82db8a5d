import { expect, it } from 'vitest'
import { LoopTurns } from './loop-turns.ts'

/** A loop that is turned by hand; true when there was anything to do. */
function handLoop() {
  let queued: (() => void)[] = []
  return {
    soon: (run: () => void) => void queued.push(run),
    turn(): boolean {
      const now = queued
      queued = []
      for (const run of now) run()
      return now.length > 0
    },
  }
}

it('whoever waits has its turns, one after the other, and the loop rests when nobody waits', () => {
  const loop = handLoop()
  const turns = new LoopTurns(loop.soon, 3)
  const passed: string[] = []
  turns.wait(() => passed.push('first'))
  loop.turn()
  turns.wait(() => passed.push('second'))
  const seen = [0, 1, 2, 3].map(() => (loop.turn() ? passed.join() : 'rest'))
  expect(seen).toEqual(['', 'first', 'first,second', 'rest'])
})

it('whoever does not wait any more is not called, and keeps nothing turning', () => {
  const loop = handLoop()
  const turns = new LoopTurns(loop.soon, 2)
  const passed: string[] = []
  turns.wait(() => passed.push('gone'))[Symbol.dispose]()
  turns.wait(() => passed.push('stays'))
  const count = [0, 1, 2, 3, 4].filter(() => loop.turn()).length
  expect([count, passed]).toEqual([2, ['stays']])
})
