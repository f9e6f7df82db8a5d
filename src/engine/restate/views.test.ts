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
