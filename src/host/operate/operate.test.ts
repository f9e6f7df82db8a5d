import { describe, expect, it } from 'vitest'
import type { Control, Message, Settlement } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import { approval, begun, done, intended, madeReader, settled, waiting } from '../views/family.fixture.ts'
import type { Made } from '../views/family.fixture.ts'
import {
  answerQuestion,
  cancelProcess,
  decideApproval,
  resolveEffect,
  sendMessage,
  settleEffect,
  topUpProcess,
} from './acts.ts'
import type { Operable } from './acts.ts'
import { needing, resolveTarget, targetsOf } from './bulk.ts'
import { actOnAll } from './bulk-acts.ts'
import { findEffect, findProcess, memberOf, shownMember } from './find.ts'
import { findStuck } from './stuck.ts'
import { commandFor } from '../words/command.ts'

const PUBLISH = 'tool:publish:x#0'
const RUN: readonly Made[] = [
  {
    pid: 'a1',
    status: 'waiting',
    facts: [
      intended('tool:publish:w#0', 'publish'),
      settled('tool:publish:w#0'),
      approval(PUBLISH, 'publish'),
      waiting('ask:city:x#0', { kind: 'answer', title: 'Which city?' }),
      intended('tool:render:x#0', 'render'),
      waiting('tool:render:x#0!pending', { kind: 'pending', token: 'job-7', actual: {} }),
    ],
  },
  { pid: 'a10', status: 'done', facts: [done] },
  {
    pid: 'writer-9a0b11ccaabbccddeeff0011',
    parent: 'a1',
    status: 'waiting',
    facts: [waiting('tool:pay:x#0!resolve', { kind: 'operator', question: 'was it paid?' })],
  },
]

function engine(
  answers: {
    readonly control?: 'queued' | 'ended'
    readonly deliver?: 'queued' | 'duplicate' | 'ended' | 'full' | 'unknown'
  } = {},
) {
  const controls: (Control & { readonly to: string })[] = []
  const messages: Message[] = []
  const settlements: (Settlement & { readonly token: string })[] = []
  const operable: Operable = {
    ...madeReader(RUN),
    control: async (to, control) => {
      controls.push({ ...control, to })
      return answers.control ?? 'queued'
    },
    switch: async () => true,
    switches: async () => [],
    deliver: async (message) => {
      messages.push(message)
      return answers.deliver ?? 'queued'
    },
    settle: async (token, settlement, hold = true) => {
      settlements.push({ token, ...settlement })
      return token === 'job-7' ? 'queued' : hold ? 'held' : 'unknown'
    },
  }
  return { operable, controls, messages, settlements }
}

describe('finding', () => {
  it('takes a pid, or the beginning of only one', async () => {
    const reader = madeReader(RUN)
    expect(await findProcess(reader, 'a1')).toBe('a1')
    expect(await findProcess(reader, 'writer-9a0b')).toBe('writer-9a0b11ccaabbccddeeff0011')
    await expect(findProcess(reader, 'a')).rejects.toThrow(/a could be a1, a10; write more of it/)
    await expect(findProcess(reader, 'b1')).rejects.toThrow(/there is no process b1. Did you mean a1\?/)
    await expect(findProcess(reader, '')).rejects.toMatchObject({ code: 'PROCESS_UNKNOWN' })
  })
  it('takes an effect by name, number or key', async () => {
    const reader = madeReader(RUN)
    expect((await findEffect(reader, 'a1/publish')).entry.phase).toBe('settled')
    expect((await findEffect(reader, 'a1/publish#2')).entry.key).toBe(PUBLISH)
    expect((await findEffect(reader, `a1/${PUBLISH}`)).entry.name).toBe('publish#2')
    await expect(findEffect(reader, 'a1/publsh')).rejects.toThrow(/a1 has no effect publsh. Did you mean publish\?/)
    await expect(findEffect(reader, 'a1')).rejects.toThrow(/write <pid>\/<name>/)
  })
})

describe('showing', () => {
  it('a process whose payloads are lost is shown with the reason, and hides no other; nobody acts on what is not known', async () => {
    const { history, ...made } = madeReader(RUN)
    let error = new SkeinError('BLOB_LOST', 'gone')
    const reader: typeof made & { history: typeof history } = {
      ...made,
      async *history(pid, from) {
        if (pid === 'a10') throw error
        yield* history(pid, from)
      },
    }
    const shown: unknown[] = []
    for await (const view of reader.list({})) {
      const { story, unread } = await shownMember(reader, view)
      shown.push([view.pid, story.born !== undefined, unread?.code])
    }
    expect(shown).toEqual([
      ['a1', true, undefined],
      ['a10', false, 'BLOB_LOST'],
      ['writer-9a0b11ccaabbccddeeff0011', true, undefined],
    ])
    const view = await reader.inspect('a10' as never)
    await expect(memberOf(reader, view!)).rejects.toBe(error)
    // A store that is away is not a process that cannot be read.
    error = new SkeinError('BLOBS_UNREACHABLE', 'away')
    await expect(shownMember(reader, view!)).rejects.toBe(error)
  })
})

describe('many, one of which cannot be read', () => {
  const { history, ...others } = madeReader(RUN)
  const { operable, controls } = engine()
  const lost: Operable = {
    ...operable,
    ...others,
    async *history(pid, from) {
      if (pid === 'a1') throw new SkeinError('BLOB_LOST', 'gone')
      yield* history(pid, from)
    },
  }
  const unread = { code: 'BLOB_LOST', message: 'gone', retryable: false }

  it('is told of it, and acts on what its view alone tells', async () => {
    const asked = await actOnAll(lost, 'resolve fail', 'status=waiting', { by: 'ann', go: true })
    expect(asked).toMatchObject([{ target: { pid: 'a1' }, error: unread }, { target: { effect: 'pay' } }])
    expect(await actOnAll(lost, 'approve', 'pid=a1,effect=publish', { by: 'ann', go: false })).toHaveLength(1)
    expect(await actOnAll(lost, 'approve', 'effect=publish,pid=a10', { by: 'ann', go: false })).toEqual([])
    await actOnAll(lost, 'cancel', 'pid=a1', { by: 'ann', go: true })
    expect(controls).toMatchObject([
      { type: 'resolve', to: 'writer-9a0b11ccaabbccddeeff0011' },
      { type: 'cancel', to: 'a1' },
    ])
  })

  it('finds what is stuck among the others, and says of which nobody knows', async () => {
    const found = await findStuck(lost, { isHosted: true, command: commandFor(undefined) })
    expect(found).toMatchObject([{ pid: 'a1', cause: 'unread', unread }])
  })
})

describe('acting', () => {
  it('sends one control to the effect that waits', async () => {
    const { operable, controls } = engine()
    await decideApproval(operable, 'a1/publish#2', 'denied', { by: 'ann', reason: 'no' })
    await answerQuestion(operable, 'a1/Which-city?', 'Paris', 'ann')
    await resolveEffect(operable, 'writer-9a0b/pay', { done: 7 }, 'ann')
    await resolveEffect(operable, 'writer-9a0b/pay', { again: true }, 'ann')
    await resolveEffect(operable, 'writer-9a0b/pay', { fail: 'no' }, 'ann')
    await topUpProcess(operable, 'a1', { usd: 0.5 }, 'ann')
    await cancelProcess(operable, 'a1', { by: 'ann' })
    expect(controls.map((control) => ({ ...control, id: '' }))).toEqual([
      { id: '', to: 'a1', type: 'approve', key: PUBLISH, verdict: 'denied', by: 'ann', reason: 'no' },
      { id: '', to: 'a1', type: 'answer', key: 'ask:city:x#0', value: { text: '"Paris"' }, by: 'ann' },
      { id: '', to: RUN[2]!.pid, type: 'resolve', key: 'tool:pay:x#0', how: 'done', value: { text: '7' }, by: 'ann' },
      { id: '', to: RUN[2]!.pid, type: 'resolve', key: 'tool:pay:x#0', how: 'again', by: 'ann' },
      { id: '', to: RUN[2]!.pid, type: 'resolve', key: 'tool:pay:x#0', how: 'fail', reason: 'no', by: 'ann' },
      { id: '', to: 'a1', type: 'topUp', amounts: { microUsd: 500_000 }, by: 'ann' },
      { id: '', to: 'a1', type: 'cancel', reason: 'cancelled by ann', by: 'ann' },
    ])
    expect(new Set(controls.map((control) => control.id)).size).toBe(7)
  })
  it('refuses what somebody knows of an attempt that is no longer the one in doubt', async () => {
    const { operable, controls } = engine()
    const late = resolveEffect(operable, 'writer-9a0b/pay', { again: true, attempt: 7 }, 'ann')
    await expect(late).rejects.toMatchObject({ code: 'NOT_WAITING' })
    await expect(late).rejects.toThrow(/attempt 7 is no longer in doubt, attempt 0 is; look at the far side again/)
    expect(controls).toEqual([])
  })
  it('settles of many what was picked, and not the attempt that somebody began meanwhile', async () => {
    const key = 'tool:pay:x#0'
    const inDoubt = (...attempts: readonly number[]): readonly Made[] => [
      {
        pid: 'b1',
        status: 'waiting',
        facts: attempts.flatMap((attempt) => [
          intended(key, 'pay', { class: 'write', attempt }),
          begun(key, attempt),
          waiting(`${key}!resolve`, { kind: 'operator', question: 'was it paid?' }),
        ]),
      },
    ]
    const { operable, controls } = engine()
    const now = (made: readonly Made[]): Operable => ({ ...operable, ...madeReader(made) })
    const { targets } = await targetsOf(now(inDoubt(1)), 'status=waiting', needing('operator'), { isTree: false })
    expect(targets).toMatchObject([{ pid: 'b1', effect: 'pay', attempt: 1, why: 'outcome unknown' }])
    const [target] = targets
    const late = resolveTarget(now(inDoubt(1, 2)), target!, { again: true }, 'ann')
    await expect(late).rejects.toThrow(/attempt 1 is no longer in doubt, attempt 2 is/)
    // An attempt that the command names is the only one that it counts for.
    const other = resolveTarget(now(inDoubt(1)), target!, { again: true, attempt: 2 }, 'ann')
    await expect(other).rejects.toMatchObject({ code: 'NOT_WAITING' })
    expect(controls).toEqual([])
    await resolveTarget(now(inDoubt(1)), target!, { again: true }, 'ann')
    expect(controls).toMatchObject([{ to: 'b1', type: 'resolve', how: 'again', attempt: 1 }])
    const { targets: again } = await targetsOf(now(inDoubt(1, 2)), 'status=waiting', needing('operator'), {
      isTree: false,
    })
    expect(again).toMatchObject([{ attempt: 2, why: 'outcome of attempt 2 unknown' }])
  })
  it('never lets a late click approve something else', async () => {
    const { operable, controls } = engine()
    await expect(decideApproval(operable, 'a1/publish', 'approved', { by: 'ann' })).rejects.toThrow(
      /a1\/publish does not wait for this: it is done; what waits is a1\/publish#2/,
    )
    await expect(answerQuestion(operable, 'a1/publish#2', 1, 'ann')).rejects.toMatchObject({ code: 'NOT_WAITING' })
    expect(controls).toEqual([])
  })
  it('says when it is too late', async () => {
    await expect(
      decideApproval(engine({ control: 'ended' }).operable, 'a1/publish#2', 'approved', { by: 'ann' }),
    ).rejects.toMatchObject({ code: 'PROCESS_ENDED' })
    expect((await cancelProcess(engine({ control: 'ended' }).operable, 'a1', { by: 'ann' })).was).toBe('ended')
  })
  it('E10: settles by name and by token; what looks like a name is never kept as a token', async () => {
    const { operable, settlements } = engine()
    const named = await settleEffect(operable, 'a1/render', { done: 1 }, 'ann')
    expect(named).toEqual({ result: 'queued', name: 'a1/render' })
    expect(settlements.at(-1)).toEqual({ token: 'job-7', how: 'done', value: { text: '1' }, by: 'ann' })
    expect(await settleEffect(operable, 'job-8', { fail: 'no' }, 'ann')).toEqual({ result: 'held', name: 'job-8' })
    expect(settlements.at(-1)).toEqual({ token: 'job-8', how: 'fail', reason: 'no', by: 'ann' })
    expect((await settleEffect(operable, { token: 'a/b' }, { done: 1 }, 'ann')).result).toBe('held')
    await expect(settleEffect(operable, 'a1/publish', { done: 1 }, 'ann')).rejects.toThrow(
      /does not wait for this: it is done; what waits is a1\/render/,
    )
  })
  it('delivers messages', async () => {
    const { operable, messages } = engine()
    expect(await sendMessage(operable, 'a1', { body: { n: 1 }, topic: 'news', id: 'm1' })).toEqual({
      pid: 'a1',
      result: 'queued',
    })
    expect(messages).toEqual([{ id: 'm1', to: 'a1', topic: 'news', body: { text: '{"n":1}' } }])
    for (const [deliver, code] of [
      ['ended', 'PROCESS_ENDED'],
      ['full', 'MAILBOX_FULL'],
      ['unknown', 'PROCESS_UNKNOWN'],
    ] as const) {
      await expect(sendMessage(engine({ deliver }).operable, 'a1', { body: 1 })).rejects.toMatchObject({ code })
    }
    await expect(sendMessage(operable, 'a1', { body: () => 1 })).rejects.toMatchObject({ code: 'ARGS_NOT_DATA' })
  })
})
