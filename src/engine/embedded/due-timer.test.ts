import { describe, expect, it } from 'vitest'
import type { AgendaTable } from './store/agenda-table.ts'
import { DueTimer } from './due-timer.ts'

/** A timer over an agenda of one process that is due at `at`. */
function timerOver(at: number) {
  const due: unknown[] = []
  const clock = { ms: 0, fires: [] as (() => void)[] }
  const agenda = {
    due: (now: number) => (at <= now ? [1] : []),
    nextDue: (now: number) => (at > now ? at : undefined),
  } as unknown as AgendaTable
  const timer = new DueTimer(
    {
      now: () => clock.ms,
      monotonicMs: () => clock.ms,
      timer: (_ms, fire) => {
        clock.fires.push(fire)
        return { [Symbol.dispose]: () => void clock.fires.splice(clock.fires.indexOf(fire), 1) }
      },
    },
    agenda,
    { onDue: (p) => due.push(p), onFailure: (error) => due.push(error) },
  )
  return { timer, clock, due }
}

describe('the timer of what rests', () => {
  it('wakes what is due, when it is', () => {
    const { timer, clock, due } = timerOver(5)
    timer.look()
    expect([due, clock.fires.length]).toEqual([[], 1])
    clock.ms = 5
    clock.fires[0]?.()
    expect(due).toEqual([1])
  })

  it('is armed anew for what is due sooner, and by nobody once it is closed', () => {
    const { timer, clock } = timerOver(5)
    timer.expect(9)
    timer.expect(7)
    expect(clock.fires).toHaveLength(1)
    timer.close()
    expect(clock.fires).toEqual([])
    timer.expect(1)
    timer.look()
    expect(clock.fires).toEqual([])
  })
})
