import { describe, expect, it } from 'vitest'
import { asPid, asSeq } from '../../std/index.ts'
import { approval, begun, done, failed, intended, madeFamily, numbered, settled, T0 } from '../views/family.fixture.ts'
import type { Made } from '../views/family.fixture.ts'
import { layOut } from './lines.ts'
import { PlainProgress } from './plain.ts'
import { screen } from './screen.ts'
import { commandFor } from '../words/command.ts'
import { treeRows } from './tree.ts'

const PID = 'researcher-3fa9c1b2aabbccddeeff0011'
const ARTICLE: readonly Made[] = [
  {
    pid: 'a1',
    workflow: 'article',
    status: 'running',
    cap: { microUsd: 500_000 },
    facts: [
      intended('model::x#0', 'draft', { kind: 'model' }),
      begun('model::x#0'),
      settled('model::x#0', { microUsd: 110_000 }),
      approval('tool:publish:x#0', 'publish'),
    ],
  },
  {
    pid: PID,
    parent: 'a1',
    workflow: 'researcher',
    status: 'done',
    endedAt: T0 + 4_000,
    facts: [intended('a', 'look'), settled('a', { microUsd: 200_000 }), done],
  },
  {
    pid: 'writer-9a0b11ccaabbccddeeff0011',
    parent: 'a1',
    workflow: 'writer',
    status: 'running',
    facts: [intended('model::y#0', 'openai/gpt-5.4', { kind: 'model', attempt: 2 }), begun('model::y#0', 2)],
  },
]
const lines = async (made: readonly Made[], columns = 200, rowsMax = 50): Promise<string[]> =>
  layOut(treeRows(await madeFamily(made), T0 + 12_000, { command: commandFor(undefined) }), { columns, rowsMax }).map(
    (line) => line.text,
  )

describe('the tree of a run', () => {
  it('shows state, effects, spend and elapsed, and who is waited for', async () => {
    expect(await lines(ARTICLE)).toEqual([
      'a1 article             WAITING FOR YOU  1 effect               $0.31 of $0.50   12s',
      '├ researcher-3fa9c1b2  done             1 effect               $0.20           4.0s',
      '├ writer-9a0b11cc      running          0 effects, 1 repeated                   12s  openai/gpt-5.4 (attempt 2) 10s',
      '└ a1/publish  publish {"text":"Tides are…"}, sha 9f2c   npx skein approve a1/publish',
    ])
  })
  it('gathers ended siblings when they are many', async () => {
    const trials: Made[] = Array.from({ length: 9 }, (_, i) => ({
      pid: `trial-${i}`,
      parent: 'b1',
      workflow: 'trial',
      status: i === 0 ? 'failed' : 'done',
      facts: [intended('a', 'exec'), settled('a'), i === 0 ? failed : done],
    }))
    expect(
      await lines([
        { pid: 'b1', workflow: 'blindspots', status: 'running' },
        ...trials,
        { pid: 'trial-9', parent: 'b1', workflow: 'trial', status: 'ready' },
      ]),
    ).toEqual([
      'b1 blindspots  running  0 effects  12s',
      '├ 9 × trial    8 done   9 effects       1 failed',
      '└ trial-9      queued   0 effects  12s',
    ])
  })
  it('never exceeds its size, and never cuts away who asks', async () => {
    const many: Made[] = Array.from({ length: 60 }, (_, i) => ({ pid: `w${i}`, parent: 'a1', status: 'running' }))
    const shown = await lines([...ARTICLE, ...many], 60, 8)
    expect(shown).toHaveLength(8)
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(60)
    expect(shown.some((line) => line.startsWith('└ a1/publish'))).toBe(true)
    expect(shown.at(-1)).toBe('… 57 more')
  })
  it('shows what is parked, with the way out', async () => {
    const parked = { code: 'CODE_ABSENT', message: 'no code', retryable: false }
    expect(await lines([{ pid: 'p1', status: 'parked', parked, file: 'job.ts' }])).toEqual([
      'p1  PARKED  0 effects  12s  CODE_ABSENT',
      '└ p1  CODE_ABSENT: no code   npx skein upgrade p1 --dry-run',
    ])
  })
})

describe('plain progress', () => {
  const born = {
    type: 'born',
    kind: 'workflow',
    workflow: 'article',
    version: '1',
    codeDigest: 'd',
    input: { text: '1' },
    root: asPid('a1'),
    depth: 0,
    cap: {},
    strict: false,
    incarnation: 0,
  } as const

  it('says what is noteworthy, with names', () => {
    const said: string[] = []
    using plain = new PlainProgress(
      (line) => said.push(line),
      () => 0,
      asPid('a1'),
    )
    plain.hear({
      type: 'frame',
      pid: asPid('a1'),
      facts: numbered([
        born,
        intended('tool:look:x#0', 'look'),
        begun('tool:look:x#0'),
        settled('tool:look:x#0', { toolCalls: 1 }),
        approval('tool:publish:x#0', 'publish'),
        done,
      ]),
    })
    plain.hear({ type: 'log', pid: asPid('a1'), text: 'half\nway' })
    expect(said.map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'a1  born  article',
      'a1/look  done  "fine", 1 tool call',
      'a1/publish  waits  for approval',
      'a1  ended  done "fine"',
      'a1  half way',
    ])
  })
  it('is silent about other runs', () => {
    const said: string[] = []
    const plain = new PlainProgress(
      (line) => said.push(line),
      () => 0,
      asPid('other'),
    )
    plain.hear({ type: 'frame', pid: asPid('a1'), facts: numbered([born, done]) })
    expect(said).toEqual([])
  })
  it('never floods, says so, and lets through what somebody must act on', () => {
    const said: string[] = []
    const plain = new PlainProgress(
      (line) => said.push(line),
      () => 0,
      asPid('a1'),
    )
    const bodies = Array.from({ length: 100 }, (_, i) => [
      intended(`tool:look:x#${i}`, 'look'),
      settled(`tool:look:x#${i}`),
    ]).flat()
    plain.hear({
      type: 'frame',
      pid: asPid('a1'),
      facts: numbered([born, ...bodies, approval('tool:publish:x#0', 'publish')]),
    })
    plain[Symbol.dispose]()
    expect(said.length).toBe(22)
    expect(said.slice(-2)).toEqual([expect.stringContaining('a1/publish'), '… 81 more lines; see skein log'])
  })
  it('skips what it has not seen begin', () => {
    const said: string[] = []
    const plain = new PlainProgress(
      (line) => said.push(line),
      () => 0,
      asPid('a1'),
    )
    plain.hear({ type: 'frame', pid: asPid('a1'), facts: numbered([done]).map((fact) => ({ ...fact, seq: asSeq(9) })) })
    expect(said).toEqual([])
  })
})

describe('the screen', () => {
  it('redraws in place, keeps printed lines above, and gives the cursor back', () => {
    let written = ''
    const block = screen((text) => (written += text), false)
    block.draw([
      { text: 'one', tone: 'plain' },
      { text: 'two', tone: 'dim' },
    ])
    block.draw([
      { text: 'one', tone: 'plain' },
      { text: 'two', tone: 'dim' },
    ])
    block.print('note')
    block.draw([{ text: 'three', tone: 'ask' }])
    block[Symbol.dispose]()
    block[Symbol.dispose]()
    expect(written).toBe(
      '\u001b[?25lone\ntwo\n\u001b[2A\r\u001b[0Jnote\none\ntwo\n\u001b[2A\r\u001b[0Jthree\n\u001b[?25h',
    )
  })
})
