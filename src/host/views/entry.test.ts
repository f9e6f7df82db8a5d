import { expect, it } from 'vitest'
import { asEffectKey } from '../../std/index.ts'
import { newEntry, nameOf } from './entry.ts'

it.each([
  ['tool:pay:9f2c#0', 'tool', 'pay'],
  ['all.0/a/step:note:-#1', 'step', 'note'],
  // A key of the author's own may hold what structures ours.
  ['map.1/=a:b/tool:pay:=order:7 8\n9#0', 'tool', 'pay'],
  ['sleep::-#0', 'draw', ''],
])('what has the key %j is known by what it does', (key, kind, name) => {
  const entry = newEntry(asEffectKey(key), { segment: 0, at: 0, name: '', shared: false })
  expect([entry.kind, nameOf(key, undefined)]).toEqual([kind, name])
})
