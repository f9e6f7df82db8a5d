/** Simulated crashes: random programs, worlds, disks and clocks, spread over processes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Stretch } from './seeds.ts'

/** What the simulator has come to. */
export type Simulated = Omit<Stretch, 'failures'> & { readonly failures: readonly string[] }

/** Plays seeds from `before.next` on until there are `crashes` more. */
export async function simulateMore(
  before: Simulated,
  crashes: number,
  about: { readonly built: string; readonly workers: number; readonly onStretch?: (sum: Simulated) => void },
): Promise<Simulated> {
  let sum = before
  const play = async (worker: number): Promise<void> => {
    const argv = ['--no-warnings', join(about.built, 'simulated.mjs'), `${before.next + worker}`, `${about.workers}`]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'close')
    for await (const line of createInterface({ input: child.stdout })) {
      sum = plus(sum, JSON.parse(line) as Stretch)
      about.onStretch?.(sum)
      if (sum.crashes - before.crashes >= crashes) break
    }
    child.kill('SIGKILL')
    await exit
  }
  await Promise.all(Array.from({ length: about.workers }, (_, worker) => play(worker)))
  return sum
}

function plus(one: Simulated, two: Stretch): Simulated {
  return {
    programs: one.programs + two.programs,
    crashes: one.crashes + two.crashes,
    facts: one.facts + two.facts,
    writes: one.writes + two.writes,
    repeatedShown: one.repeatedShown + two.repeatedShown,
    failures: [...one.failures, ...two.failures],
    next: Math.max(one.next, two.next),
  }
}
