/** The embedded engine in a temporary folder, in real time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeClock, nodeHash, nodeRandom, nodeSoon, openEmbedded } from '../../engine/index.ts'
import type { EmbeddedEngine } from '../../engine/index.ts'
import { SkeinError } from '../../std/index.ts'
import { chainOffences } from './chain-offences.ts'
import type { OpenRig } from './engine-rig.ts'

/** Opens the embedded engine for the conformance suite. */
export const embeddedRig: OpenRig = async (use) => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-conformance-'))
  let engine: EmbeddedEngine | undefined
  const close = async (): Promise<void> => {
    await engine?.[Symbol.asyncDispose]()
    engine = undefined
  }
  const crash = async (): Promise<void> => {
    engine?.abandon(new SkeinError('ENGINE_CLOSED', 'killed by its test'))
    await close()
  }
  try {
    await use({
      async open() {
        await close()
        return (engine = await openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash }))
      },
      crash,
      turn: () => new Promise((resolve) => nodeSoon(resolve)),
      offences: () => chainOffences(engine),
      sleep: (delayMs) => new Promise((resolve) => nodeClock.timer(delayMs, resolve)),
      now: () => nodeClock.now(),
    })
  } finally {
    await crash()
    rmSync(folder, { recursive: true, force: true })
  }
}
