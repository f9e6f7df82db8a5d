import { expect, it } from 'vitest'
import { asEffectKey, asEpoch, asPid } from '../../std/index.ts'
import type { Wait } from '../../kernel/index.ts'
import { RestateViews } from './views.ts'

const waitOf = (key: string): Wait => ({ key: asEffectKey(key), on: { kind: 'timer', dueAt: 1 } }) as never

it.each([
  ['this worker', 2, 'here'],
  ['another worker, while this one does not know that it was cut off', 3, 'elsewhere'],
])('the waits of a process that runs in %s are those of its activation', async (_, epoch, key) => {
  const row = { pid: asPid('p'), status: 'running', epoch: asEpoch(epoch) }
  const views = new RestateViews({
    client: { view: async () => ({ row, waits: [] }), waits: async () => [waitOf('elsewhere')] },
    waitsHere: (__: unknown, asked: number) => (asked === 2 ? [waitOf('here')] : undefined),
  } as never)
  expect((await views.inspect(asPid('p')))?.waits.map((wait) => wait.key)).toEqual([key])
})

it.each([
  ['has begun, shows what it waits for', 1, ['here']],
  ['has not begun, waits for nothing', 2, []],
])('a process whose beginning the mailbox has not heard of, and which %s', async (_, resident, keys) => {
  const row = { pid: asPid('p'), status: 'ready', epoch: asEpoch(0), activations: 0 }
  const views = new RestateViews({
    client: { view: async () => ({ row, waits: [] }), waits: () => Promise.reject(new Error('nobody is asked')) },
    waitsHere: (__: unknown, asked: number) => (asked === resident ? [waitOf('here')] : undefined),
  } as never)
  expect((await views.inspect(asPid('p')))?.waits.map((wait) => wait.key)).toEqual(keys)
})
