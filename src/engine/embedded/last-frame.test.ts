import { expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { captured, endWith, factsFrom, HandClock, message, note, request, settle } from '../engine.fixture.ts'
import { BATCH_ENTRIES_MAX } from '../limits.ts'
import { memoryMedium } from '../memory/memory-medium.ts'
import { nodeHash } from '../platform/node-hash.ts'
import { nodeRandom } from '../platform/node-random.ts'
import { nodeSoon } from '../platform/node-soon.ts'
import { createEngine } from './create-engine.ts'
import type { Store } from './store/store.ts'

it('the end of a process is in the transaction of its last frame, however full that is', async () => {
  using medium = memoryMedium()
  const store = medium.open()
  const seen: string[] = []
  const commit: Store['commit'] = (apply, isAlone) => {
    const result = store.commit(apply, isAlone)
    const row = store.tables.processes.byPid(asPid('p'))
    if (row !== undefined && store.tables.journal.end(row.p) !== undefined) seen.push(row.status)
    return result
  }
  const clock = new HandClock()
  const parts = { store: { ...store, commit }, clock, random: nodeRandom, hash: nodeHash, soon: nodeSoon }
  await using engine = createEngine(parts)
  const host = captured()
  await engine.host(host.run)
  await engine.start(request('p'))
  const activation = await host.next()
  await settle()
  const mail = Array.from({ length: BATCH_ENTRIES_MAX - 1 }, (_, n) => engine.deliver(message('nobody', `m${n}`)))
  activation.frame(factsFrom(0, [note('a')]), {})
  await Promise.all([endWith(activation), ...mail])
  expect(new Set(seen)).toEqual(new Set(['done']))
})
