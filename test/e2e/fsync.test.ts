/** What the system sees of durability: the calls that sync, counted by `strace` where a machine has it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ENGINE = fileURLToPath(new URL('../../src/engine/index.ts', import.meta.url))
const STARTS = 25

/** Starts processes one after the other; each start answers when it is durable. */
const PROGRAM = (folder: string): string => `
import { writeSync } from 'node:fs'
import { openEmbedded, nodeClock, nodeHash, nodeRandom } from ${JSON.stringify(ENGINE)}
const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }
const engine = await openEmbedded({ folder: ${JSON.stringify(folder)}, ...ports })
const about = { kind: 'workflow', workflow: 'w', input: { text: 'null' }, depth: 0, cap: {}, strict: false }
for (let n = 0; n < ${STARTS}; n++) {
  await engine.start({ ...about, pid: 'p' + n, root: 'p' + n })
  writeSync(1, 'answered ' + n + '\\n')
}
await engine[Symbol.asyncDispose]()`

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0

it('E3: nothing is answered before the log was synced after it was written', (test) => {
  if (!canTrace) test.skip('no strace on this machine, or it may not trace')
  const parent = mkdtempSync(join(tmpdir(), 'skein-fsync-'))
  const trace = join(parent, 'trace')
  const program = [
    '--conditions=skein-source',
    '--no-warnings',
    '--input-type=module',
    '-e',
    PROGRAM(join(parent, 'data')),
  ]
  const calls = ['-f', '-y', '-s', '12', '-e', 'trace=pwrite64,write,fsync,fdatasync', '-o', trace]
  const ran = spawnSync('strace', [...calls, process.execPath, ...program], { encoding: 'utf8' })
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(0)
  let isDirty = false
  let syncs = 0
  let writes = 0
  const syncing = new Map<string, number>()
  const tooEarly: string[] = []
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const isLog = line.includes('skein.db-wal>')
    if (isLog && line.includes('pwrite64(')) {
      isDirty = true
      writes += 1
    }
    // A thread's sync counts when it has returned, and for what was written before it was called.
    const thread = line.split(' ')[0] ?? ''
    const isSync = isLog && /\bf(data)?sync\(/.test(line)
    if (isSync && line.includes('<unfinished')) {
      syncing.set(thread, writes)
      continue
    }
    const covers = isSync ? writes : line.includes('sync resumed>') ? syncing.get(thread) : undefined
    if (covers !== undefined) {
      syncing.delete(thread)
      isDirty = covers < writes
      syncs += 1
    }
    if (isDirty && line.includes('"answered')) tooEarly.push(line)
  }
  expect(tooEarly).toEqual([])
  expect(syncs).toBeGreaterThanOrEqual(STARTS)
  rmSync(parent, { recursive: true })
})
