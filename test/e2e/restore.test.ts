/** The drill: a backup under load, the world goes on, the machine is lost, the backup is restored. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { attachEmbedded, nodeClock, nodeHash } from '../../src/engine/index.ts'
import type { AttachedEngine } from '../../src/engine/index.ts'
import { resolveEffect } from '../../src/host/operate/acts.ts'
import { farSide } from '../../src/testing/crash/far-side.ts'
import { startLedger } from '../../src/testing/crash/ledger-process.ts'
import { baseKey, doubtOf } from '../chaos/operator-keys.ts'
import { countsOf, serve, stopAll } from '../handover/deploys.ts'
import { BIN } from './built-package.ts'

const RUN = 'handover'
const WORKERS = 3
const WORK_MS = 1_500
const ROUND_MS = 50
/** Rounds in which every write that waits is unknown to the far side: what was done after the backup has been found. */
const CAUGHT_UP_ROUNDS = 10

async function skein(...args: string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

it('nothing with a key is doubled, and no plain write is repeated without an operator', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-restore-'))
  try {
    await using ledger = await startLedger(folder)
    const [data, saved, restored] = ['data', 'saved', 'restored'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const variables = { HANDOVER_WORKERS: String(WORKERS), CHAOS_SOCKET: ledger.socket, CHAOS_RUN: RUN }
    const first = serve({ ...variables, HANDOVER_FOLDER: data })
    await first.said('owns')
    await sleep(WORK_MS)
    expect(await skein('backup', saved, '--data', data)).toMatchObject({ code: 0, err: '' })
    await sleep(WORK_MS)
    first.child.kill('SIGKILL')
    await first.exit.catch(() => undefined)

    expect(await skein('restore', saved, '--data', saved)).toMatchObject({
      code: 2,
      err: expect.stringContaining('FOLDER_NOT_EMPTY'),
    })
    expect((await skein('restore', saved, '--data', restored)).out).toContain('IN QUARANTINE')
    expect((await skein('verify', '--data', restored)).code).toBe(0)
    const second = serve({ ...variables, HANDOVER_FOLDER: restored })
    await second.said('owns')
    const engine = (await attachEmbedded(restored, { clock: nodeClock, hash: nodeHash })) as AttachedEngine
    const far = farSide(ledger.socket, RUN)
    let found = 0
    for (let calm = 0; calm < CAUGHT_UP_ROUNDS; await sleep(ROUND_MS)) {
      calm += 1
      for await (const view of engine.list({}))
        for (const { key, on } of view.waits) {
          if (on.kind !== 'operator') continue
          const { id } = await doubtOf(engine, view.pid, baseKey(key))
          const look = await far.look({ tool: 'operator', key: id, attempt: 1, input: null })
          if (!('done' in look)) continue
          await resolveEffect(engine, `${view.pid}/${baseKey(key)}`, look, 'ann').catch(() => undefined)
          found += 1
          calm = 0
        }
    }
    expect(found).toBeGreaterThan(0)
    for (const verb of ['ps', 'inbox', 'verify'])
      expect((await skein(verb, '--data', restored)).err).toContain('IN QUARANTINE')
    expect((await skein('inbox', '--data', restored)).out).toContain('was mail done already?')
    const released = await skein('release', '--data', restored)
    expect(released).toMatchObject({ code: 0, out: expect.stringMatching(/^released: [1-9]/) })
    expect((await skein('ps', '--data', restored)).err).toBe('')
    await sleep(WORK_MS)
    const jobs = await stopAll(restored, WORKERS)
    await engine[Symbol.asyncDispose]()
    second.child.kill('SIGTERM')
    await second.exit
    const counts = countsOf(ledger.entries(RUN).filter(({ what, inert }) => what === 'done' && !inert))
    const wanted = jobs.flatMap(([who, n]) =>
      Array.from({ length: n }, (_, i) => ['mail', 'pay', 'book'].map((tool) => `${tool} ${who} ${i}`)).flat(),
    )
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(wanted.map((name) => [name, 1])))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
