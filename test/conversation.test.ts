/** The smaller form of `npm run bench -- conversation`: loose floors, so that a loaded machine does not matter. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { open } from 'skein'
import { bytesPerStep } from '../bench/cells/conversation/folder-size.ts'
import { CONTEXT_TOKENS, longAgent } from '../bench/cells/conversation/long-agent.ts'

const STRETCH = 30
const STRETCHES = 4

it('a long conversation costs the same at every step, and its prompt is never over its budget', async () => {
  const data = await mkdtemp(join(tmpdir(), 'skein-conversation-'))
  try {
    const { promise: last, resolve: onLast } = Promise.withResolvers<number>()
    const helper = longAgent({ steps: STRETCH * STRETCHES, onLast })
    const skein = await open({ data, workflows: [helper] })
    const handle = await skein.start(helper, 'Read everything.', { id: 'long' })
    expect(await last).toBeLessThanOrEqual(CONTEXT_TOKENS)
    await handle.cancel('enough')
    await skein[Symbol.asyncDispose]()
    const curve = bytesPerStep(data, STRETCH).slice(0, STRETCHES)
    expect(curve).toHaveLength(STRETCHES)
    expect(Math.max(...curve)).toBeLessThan(Math.min(...curve) * 1.6)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}, 60_000)
