import { expect, it } from 'vitest'
import { asEffectKey, asPid } from '../../std/index.ts'
import { OpenJournal } from './open-journal.ts'
import type { Exclusive } from './sdk.ts'
import type { FrameRow, Openings } from './wire.ts'

const starting = (child: string): FrameRow => ({
  sent: [{ type: 'start', key: asEffectKey('1'), request: { pid: asPid(child) } as never }],
  waits: [],
  unwaits: [],
  consumed: [],
})

/** Which processes are started by what stands in the state of a process. */
function journal() {
  let written: Openings | undefined
  const ctx = { set: (_: string, value: Openings) => (written = value) } as unknown as Exclusive
  const started = () =>
    written?.rows.flatMap(({ sent }) => sent.flatMap((one) => (one.type === 'start' ? [one.request.pid] : [])))
  return { open: OpenJournal.begin(ctx), started }
}

it('K5: a start is answered by its process, whose key another segment may have used as well', () => {
  const { open, started } = journal()
  open.append([starting('a')], true)
  open.append([starting('b')], true)
  open.append([starting('c')], true)
  expect(started()).toEqual(['a', 'b', 'c'])
  open.answered(asPid('a'))
  open.append([starting('d')], true)
  expect(started()).toEqual(['b', 'c', 'd'])
})
