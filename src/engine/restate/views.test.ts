import { expect, it } from 'vitest'
import { asEffectKey, asEpoch, asPid } from '../../std/index.ts'
import type { Wait } from '../../kernel/index.ts'
import type { ProcessStatus } from '../port.ts'
import { RestateViews } from './views.ts'
import { namesOf } from './wire.ts'

const waitOf = (key: string): Wait => ({ key: asEffectKey(key), on: { kind: 'timer', dueAt: 1 } }) as never

it.each([
  ['this worker', 2, 'here'],
  ['another worker, while this one does not know that it was cut off', 3, 'elsewhere'],
])('the waits of a process that runs in %s are those of its activation', async (_, epoch, key) => {
  const row = { pid: asPid('p'), status: 'running', epoch: asEpoch(epoch) }
  const views = new RestateViews({
    client: {
      view: async () => ({ row, waits: [] }),
      standing: async () => ({ epoch: asEpoch(3), waits: [waitOf('elsewhere')] }),
    },
    waitsHere: (__: unknown, asked: number) => (asked === 2 ? [waitOf('here')] : undefined),
  } as never)
  expect((await views.inspect(asPid('p')))?.waits.map((wait) => wait.key)).toEqual([key])
})

it.each([
  ['has begun here, runs and waits', 1, 0, ['running', 1, ['here']]],
  ['has begun elsewhere, runs and waits', undefined, 2, ['running', 2, ['elsewhere']]],
  ['has not begun, is ready and waits for nothing', undefined, 0, ['ready', 0, []]],
])('a process of whose first beginning nobody tells its mailbox, and which %s', async (_, here, epoch, shown) => {
  const row = { pid: asPid('p'), status: 'ready', epoch: asEpoch(0), activations: 0, invocation: 'inv_1' }
  const views = new RestateViews({
    client: {
      view: async () => ({ row, waits: [] }),
      standing: async () => ({ epoch: asEpoch(epoch), waits: epoch === 0 ? [] : [waitOf('elsewhere')] }),
    },
    waitsHere: (__: unknown, asked: number) => (asked === here ? [waitOf('here')] : undefined),
  } as never)
  const view = await views.inspect(asPid('p'))
  expect([view?.status, view?.activations, view?.waits.map((wait) => wait.key)]).toEqual(shown)
  expect(view?.epoch).toBe(view?.activations)
})

it('a process that a move holds is shown as held by it', async () => {
  const row = { pid: asPid('p'), status: 'waiting', epoch: asEpoch(1), activations: 1, held: 'move-1' }
  const views = new RestateViews({ client: { view: async () => ({ row, waits: [] }) } } as never)
  expect(await views.inspect(asPid('p'))).toMatchObject({ status: 'waiting', heldBy: 'move-1' })
})

it('a list shows what runs by the heads of journals, where no mailbox was told', async () => {
  const row = {
    kind: 'workflow',
    status: 'ready',
    epoch: 0,
    activations: 0,
    depth: 0,
    createdAt: 1,
    invocation: 'inv_1',
  }
  const of = (pid: string, service: string, key: string, value: unknown) => ({
    ...{ service_name: `s.${service}`, service_key: pid, key, value_utf8: JSON.stringify(value) },
  })
  const rows = ['begun', 'asked', 'rests'].flatMap((pid) => [
    of(pid, 'mailbox', 'row', { ...row, pid, root: pid, ...(pid === 'rests' ? { status: 'waiting', epoch: 1 } : {}) }),
    ...(pid === 'asked' ? [] : [of(pid, 'process', 'head', { epoch: 1 })]),
  ])
  const views = new RestateViews({ server: { query: async () => rows }, names: namesOf('s') } as never)
  const listed = async (status: ProcessStatus) => {
    const pids: string[] = []
    for await (const view of views.list({ status: [status] })) pids.push(view.pid)
    return pids
  }
  expect([await listed('running'), await listed('ready'), await listed('waiting')]).toEqual([
    ['begun'],
    ['asked'],
    ['rests'],
  ])
})
