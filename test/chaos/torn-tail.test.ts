/**
 * A power cut tears the last writes of the log: SQLite's write-ahead log is cut short or garbled at any byte behind
 * some commit. What opens must be a whole prefix of what was written, and must go on to the same end.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClock, nodeHash, nodeMacrotask, nodeRandom, openEmbedded } from '../../src/engine/index.ts'
import type { EmbeddedEngine } from '../../src/engine/index.ts'
import { createKernel, createRegistry, payloadOf, workflow } from '../../src/kernel/index.ts'
import type { AnyDefinition, Fact } from '../../src/kernel/index.ts'
import { modelDriver, readAnswer } from '../../src/model/index.ts'
import { asPid } from '../../src/std/index.ts'
import { simRandom } from '../../src/testing/index.ts'
import { stepDriver, toolDriver } from '../../src/tools/index.ts'
import { readFolder } from './folder.ts'
import type { Found } from './folder.ts'

const PROCESSES = 4
const READS = 12
const TEARS = 40
const GARBLED_BYTES = 64
const FILES = ['skein.db', 'skein.db-wal'] as const

const reader = workflow({ name: 'reader' }, async (ctx) => {
  const seen: unknown[] = []
  for (let n = 0; n < READS; n++) seen.push(await ctx.step('read', () => n, { effect: 'read' }))
  return seen
}) as AnyDefinition

/** Opens a folder, hosts the kernel on it, and runs all processes to their end. */
async function runAll(folder: string, during: () => void = () => {}): Promise<void> {
  await using engine: EmbeddedEngine = await openEmbedded({
    folder,
    clock: nodeClock,
    random: nodeRandom,
    hash: nodeHash,
  })
  const code = createRegistry(nodeHash)
  code.register(reader)
  const clock = nodeClock
  const kernel = createKernel({
    clock,
    random: nodeRandom,
    hash: nodeHash,
    macrotask: nodeMacrotask(),
    drivers: {
      model: modelDriver({ clock, random: nodeRandom, env: {} }),
      tool: toolDriver({ clock }),
      step: stepDriver({ clock }),
    },
    code,
    readAnswer,
    trace: (news) => (news.type === 'frame' ? during() : undefined),
    idleMs: 0,
  })
  for (let n = 0; n < PROCESSES; n++) {
    const pid = asPid(`p${n}`)
    await engine.start({
      pid,
      kind: 'workflow',
      workflow: 'reader',
      input: payloadOf(n),
      root: pid,
      depth: 0,
      cap: {},
      strict: false,
    })
  }
  await engine.host(async (activation) => void (await kernel.run(activation)))
  for (let n = 0; n < PROCESSES; n++)
    while ((await engine.inspect(asPid(`p${n}`)))?.status !== 'done') await new Promise(setImmediate)
}

const factsByPid = ({ journals }: Found): ReadonlyMap<string, readonly Fact[]> =>
  new Map(journals.map(({ pid, facts }) => [pid, facts]))

describe('a torn tail', () => {
  let root: string
  let copies = 0
  let whole: Found

  /** The files as they are now; commits are synchronous, so that no commit is half way here. */
  const copy = (from: string): void => {
    const to = join(root, `copy-${copies++}`)
    mkdirSync(to)
    for (const file of FILES) copyFileSync(join(from, file), join(to, file))
  }

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'skein-torn-'))
    const folder = join(root, 'whole')
    await runAll(folder, () => copy(folder))
    whole = await readFolder(folder)
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('J1: opens as a whole prefix, and goes on to the same end', async () => {
    const random = simRandom('torn')
    const expected = factsByPid(whole)
    for (let tear = 0; tear < TEARS; tear++) {
      const folder = join(root, `torn-${tear}`)
      const from = join(root, `copy-${random.between(0, copies - 1)}`)
      mkdirSync(folder)
      for (const file of FILES) copyFileSync(join(from, file), join(folder, file))
      const wal = join(folder, 'skein.db-wal')
      const at = random.between(0, statSync(wal).size)
      if (random.chance(0.5)) truncateSync(wal, at)
      else garble(wal, at, random.hex(GARBLED_BYTES))
      await expectPrefix(folder, expected)
      await runAll(folder)
      const { journals, broken } = await readFolder(folder)
      expect(broken).toEqual([])
      expect(journals.map(({ facts }) => facts.at(-1)?.type)).toEqual(Array.from({ length: PROCESSES }, () => 'ended'))
      rmSync(folder, { recursive: true })
    }
  })
})

function garble(file: string, at: number, hex: string): void {
  const bytes = readFileSync(file)
  bytes.fill(Buffer.from(hex, 'hex'), at, Math.min(at + GARBLED_BYTES, bytes.length))
  writeFileSync(file, bytes)
}

/** What a torn folder holds before anybody goes on with it. */
async function expectPrefix(folder: string, expected: ReadonlyMap<string, readonly Fact[]>): Promise<void> {
  const engine = await openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash })
  await engine[Symbol.asyncDispose]()
  const { journals, broken } = await readFolder(folder)
  expect(broken).toEqual([])
  for (const { pid, facts } of journals) expect(facts).toEqual(expected.get(pid)?.slice(0, facts.length))
}
