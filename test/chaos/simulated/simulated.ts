/** Simulated crashes: random programs, worlds, disks and clocks, spread over processes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Stretch } from './seeds.ts'

/** What the simulator has come to. */
export type Simulated = Omit<Stretch, 'failures'> & { readonly failures: readonly string[] }

/**
 * Plays seeds from `before.next` on until there are `crashes` more. Throws when a process ends before that: the simulator
 * itself has crashed.
 */
export async function simulateMore(
  before: Simulated,
  crashes: number,
  about: { readonly built: string; readonly workers: number; readonly onStretch?: (stretch: Stretch) => void },
): Promise<Simulated> {
  let sum = before
  const children = Array.from({ length: about.workers }, (_, worker) => {
    const argv = ['--no-warnings', join(about.built, 'simulated.mjs'), `${before.next + worker}`, `${about.workers}`]
    return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  })
  const exits = children.map((child) => once(child, 'close'))
  const play = async (child: (typeof children)[number], exit: (typeof exits)[number] | undefined): Promise<void> => {
    for await (const line of createInterface({ input: child.stdout })) {
      const stretch = JSON.parse(line) as Stretch
      sum = plusStretch(sum, stretch)
      about.onStretch?.(stretch)
      if (sum.crashes - before.crashes >= crashes) return
    }
    const [code, signal] = (await exit) ?? []
    throw new Error(`a simulator ended with ${String(code ?? signal)}, near seed ${sum.next}`)
  }
  try {
    await Promise.all(children.map((child, i) => play(child, exits[i])))
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(exits)
  }
  return sum
}

/** The sum of both. */
export function plusStretch(one: Simulated, two: Stretch): Simulated {
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
