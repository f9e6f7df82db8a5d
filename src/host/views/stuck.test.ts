import { describe, expect, it } from 'vitest'
import { asEffectKey, asPid } from '../../std/index.ts'
import { readMember } from '../operate/find.ts'
import { approval, begun, intended, madeReader, settled, T0, waiting } from './family.fixture.ts'
import type { Made } from './family.fixture.ts'
import { commandFor } from '../words/command.ts'
import { stuckOf } from './stuck.ts'
import type { Around, Stuck } from './stuck.ts'

const MINUTE = 60_000
const CALL = 'tool:pay:x#0'

/** Judges the first of some processes, `afterMs` after the beginning. */
async function judged(made: readonly Made[], afterMs: number, about: Partial<Around> = {}): Promise<Stuck | undefined> {
  const reader = madeReader(made)
  const member = await readMember(reader, asPid(made[0]?.pid ?? ''))
  if (member === undefined) throw new Error('none')
  return stuckOf(member, {
    nowMs: T0 + afterMs,
    isHosted: true,
    command: commandFor(undefined),
    inspect: (pid) => reader.inspect(pid),
    ...about,
  })
}

const calling: Made = { pid: 'a1', status: 'running', facts: [intended(CALL, 'pay'), begun(CALL)] }
const sleeping = (dueAt: number): Made => ({
  pid: 'a1',
  status: 'waiting',
  facts: [waiting('sleep:x:x#0', { kind: 'timer', dueAt })],
})
const parent: Made = {
  pid: 'a1',
  status: 'waiting',
  facts: [waiting('run:x:x#0!end', { kind: 'child', pid: asPid('c1') })],
}

describe('stuck', () => {
  it('an effect that has had its time several times over; one that has not is at work', async () => {
    expect(await judged([calling], 4_000)).toBeUndefined()
    expect(await judged([calling], MINUTE)).toMatchObject({
      pid: 'a1',
      cause: 'effect-hangs',
      why: /^pay is in flight/,
    })
    expect(await judged([calling], MINUTE, { times: 100 })).toBeUndefined()
  })

  it('a process that a move holds, whatever it waits for', async () => {
    const reader = madeReader([sleeping(T0 + MINUTE)])
    const member = (await readMember(reader, asPid('a1')))!
    const view = { ...member.view, heldBy: 'x' }
    const around = { nowMs: T0, isHosted: true, command: commandFor(undefined), inspect: reader.inspect }
    expect(await stuckOf({ ...member, view }, around)).toMatchObject({
      cause: 'held-by-a-move',
      mend: [expect.stringContaining(`skein move ${view.root}`)],
    })
    expect(await stuckOf(member, around)).toBeUndefined()
  })

  it('whatever runs in a host that does not answer', async () => {
    expect(await judged([calling], 1_000, { isAnswering: false })).toMatchObject({ cause: 'host-is-blocked' })
    expect(await judged([sleeping(T0 + MINUTE)], 1_000, { isAnswering: false })).toBeUndefined()
  })

  it('a process that is running, with nothing in flight and nothing waited for: its thread is blocked', async () => {
    const spinning: Made = { pid: 'a1', status: 'running', facts: [intended(CALL, 'pay'), settled(CALL)] }
    expect(await judged([spinning], 10_000)).toBeUndefined()
    expect(await judged([spinning], MINUTE)).toMatchObject({ cause: 'does-not-move', why: /blocks the thread/ })
  })

  it('what no worker takes, on an engine where workers may be anywhere', async () => {
    const ready: Made = { pid: 'a1', status: 'ready', file: 'a.ts' }
    const about = { isOnWorkers: true, command: commandFor(undefined, 'postgres://db') }
    expect(await judged([ready], 10_000, about)).toBeUndefined()
    expect(await judged([ready], MINUTE, about)).toMatchObject({
      cause: 'nobody-runs-it',
      why: /no worker takes it/,
      mend: ['npx skein worker a.ts --engine postgres://db'],
    })
    const spinning: Made = { ...ready, status: 'running' }
    expect(await judged([spinning], MINUTE, about)).toMatchObject({ cause: 'does-not-move' })
  })

  it('what nobody runs: in flight, ready, or due', async () => {
    const ready: Made = { pid: 'a1', status: 'ready', file: 'a.ts' }
    for (const made of [calling, ready, sleeping(T0 + 1_000)]) {
      const found = await judged([made], MINUTE, { isHosted: false })
      expect(found).toMatchObject({ cause: 'nobody-runs-it', why: /nobody runs this data folder/ })
    }
    expect((await judged([ready], MINUTE, { isHosted: false }))?.mend).toEqual(['npx skein run a.ts --id a1'])
    expect(await judged([ready], 1_000, { isHosted: false })).toBeUndefined()
  })

  it('not what waits for a person, though its last host went before it could note so; what was answered since is', async () => {
    const asking: Made = { pid: 'a1', status: 'ready', file: 'a.ts', facts: [approval(CALL, 'pay')] }
    expect(await judged([asking], MINUTE, { isHosted: false })).toBeUndefined()
    const by = { id: 'c', by: 'ann' }
    const answered: Made = {
      ...asking,
      pending: [{ ...by, type: 'approve', key: asEffectKey(CALL), verdict: 'approved' }],
    }
    const cutOff: Made = { ...asking, facts: [approval(CALL, 'pay'), intended('tool:x:x#0', 'x'), begun('tool:x:x#0')] }
    for (const made of [answered, cutOff])
      expect(await judged([made], MINUTE, { isHosted: false })).toMatchObject({ cause: 'nobody-runs-it' })
  })

  it('a timer that is past; one that is to come is waited for', async () => {
    expect(await judged([sleeping(T0 + 1_000)], MINUTE)).toMatchObject({ cause: 'timer-is-past' })
    expect(await judged([sleeping(T0 + MINUTE)], 1_000)).toBeUndefined()
  })

  it('a parent of a child that is parked, unknown, or has ended without its being told', async () => {
    const child = (status: Made['status'], more: Partial<Made> = {}): Made => ({
      pid: 'c1',
      parent: 'a1',
      status,
      ...more,
    })
    const absent = { code: 'CODE_ABSENT', message: 'gone', retryable: false }
    expect(await judged([parent, child('waiting')], MINUTE)).toBeUndefined()
    expect(await judged([parent, child('parked', { parked: absent })], MINUTE)).toMatchObject({
      cause: 'child-is-stuck',
      why: 'its child c1 is parked: CODE_ABSENT',
    })
    expect(await judged([parent], MINUTE)).toMatchObject({ cause: 'child-is-unknown' })
    expect(await judged([parent, child('done', { endedAt: T0 })], MINUTE)).toMatchObject({ cause: 'child-has-ended' })
    expect(await judged([parent, child('done', { endedAt: T0 + MINUTE })], MINUTE)).toBeUndefined()
  })

  it('a receive from a process that has ended; from anybody, it may still come', async () => {
    const listening = (from?: string): Made => ({
      pid: 'a1',
      status: 'waiting',
      facts: [waiting('receive:x:x#0', { kind: 'message', pattern: from === undefined ? {} : { from: asPid(from) } })],
    })
    expect(await judged([listening()], MINUTE)).toBeUndefined()
    expect(await judged([listening('b1'), { pid: 'b1', status: 'waiting' }], MINUTE)).toBeUndefined()
    expect(await judged([listening('b1'), { pid: 'b1', status: 'done' }], MINUTE)).toMatchObject({
      cause: 'sender-is-gone',
    })
  })

  it('a parked process says why; what waits for a person, or for one thing that can come, is not stuck', async () => {
    const parked = { code: 'WORKFLOW_DIVERGED', message: 'other code', retryable: false }
    expect(await judged([{ pid: 'a1', status: 'parked', parked }], MINUTE)).toMatchObject({
      cause: 'parked',
      mend: ['npx skein retry a1', 'npx skein cancel a1'],
    })
    const asking = waiting('ask:x:x#0', { kind: 'answer', title: 'Which?' })
    expect(await judged([{ pid: 'a1', status: 'waiting', facts: [asking] }], MINUTE)).toBeUndefined()
    const both = [...(sleeping(T0 + 1_000).facts ?? []), asking]
    expect(await judged([{ pid: 'a1', status: 'waiting', facts: both }], MINUTE)).toBeUndefined()
    expect(await judged([{ pid: 'a1', status: 'done' }], MINUTE)).toBeUndefined()
  })
})
