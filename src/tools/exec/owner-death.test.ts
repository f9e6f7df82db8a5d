import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { groupOf, killGroup } from './process-group.ts'
import { processRow, processTable } from './process-table.ts'

/** These need to see processes. */
const seesProcesses = processTable() !== undefined
const started: ChildProcess[] = []
const sleeps: string[] = []
afterEach(() => {
  const groups = started.splice(0).flatMap((child) => (child.pid === undefined ? [] : [-child.pid]))
  for (const target of [...groups, ...sleeps.splice(0).flatMap(living)]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
})

/** Processes that live and have this text among their words. */
function living(words: string): readonly number[] {
  return (processTable() ?? []).flatMap(({ pid, isZombie }) =>
    !isZombie && saidOf(pid, 'cmdline').replaceAll('\0', ' ').includes(words) ? [pid] : [],
  )
}

/** Empty of a process that has ended since it was seen. */
function saidOf(pid: number, what: 'cmdline' | 'comm'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8')
  } catch {
    return ''
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 10) {
    if (waitedMs > 8_000) throw new Error(`waited in vain until ${what}`)
    await delay(10)
  }
}

/** A runtime of its own that runs `code`, which may import this room's files as `here + 'exec.ts'`. */
function runtime(code: string): ChildProcess {
  const here = JSON.stringify(new URL('.', import.meta.url).href)
  const child = spawn(process.execPath, ['--input-type=module', '-e', `const here = ${here}; ${code}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  return child
}

function detached(words: readonly string[]): ChildProcess {
  const [program = '', ...rest] = words
  const child = spawn(program, rest, { detached: true, stdio: 'ignore' })
  started.push(child)
  return child
}

let serial = 0
/** A `sleep` that can be told from all others. */
const uniqueSleep = (): string => {
  const sleep = `sleep 86${process.pid}.${++serial}${String(Math.random()).slice(2, 8)}`
  sleeps.push(sleep)
  return sleep
}
const pidOf = (child: ChildProcess): number => child.pid ?? expect.fail('not started')

describe.runIf(seesProcesses)('E8: a command dies with its runtime', { timeout: 20_000 }, () => {
  const family = (sleep: string): string =>
    `${sleep} & setsid ${sleep} & sh -c '${sleep} & exec ${sleep}' & setsid sh -c '${sleep} & ${sleep}' & wait`
  const running = (sleep: string, then = ''): string =>
    `const { exec } = await import(here + 'exec.ts')
     const run = exec(['sh', '-c', ${JSON.stringify(family(sleep))}], { timeoutMs: 60000 })
     ${then}
     await run`
  const sleepers = (sleep: string): number =>
    living(sleep).filter((pid) => saidOf(pid, 'comm').trim() === 'sleep').length

  it('F33: by kill -9, with its grandchildren, whatever session they are in', async () => {
    const sleep = uniqueSleep()
    const owner = runtime(running(sleep))
    await until(() => sleepers(sleep) === 6, 'all are there')
    process.kill(pidOf(owner), 'SIGKILL')
    await until(() => living(sleep).length === 0, 'all are gone')
    expect(living(sleep)).toEqual([])
  })
  it('by process.exit', async () => {
    const sleep = uniqueSleep()
    const owner = runtime(running(sleep, `setTimeout(() => process.exit(0), 4_000)`))
    await until(() => sleepers(sleep) === 6, 'all are there')
    await once(owner, 'exit')
    await until(() => living(sleep).length === 0, 'all are gone')
    expect(living(sleep)).toEqual([])
  })
  it('by kill -9 after its watchdog was killed and came back', async () => {
    const sleep = uniqueSleep()
    const owner = runtime(running(sleep))
    await until(() => sleepers(sleep) === 6, 'all are there')
    const watchdogs = (): readonly number[] =>
      living("groups=''").filter((pid) => processRow(pid)?.ppid === pidOf(owner))
    const [first = Number.NaN] = watchdogs()
    process.kill(first, 'SIGKILL')
    await until(() => watchdogs().length === 1 && watchdogs()[0] !== first, 'the next watchdog is there')
    await delay(50)
    process.kill(pidOf(owner), 'SIGKILL')
    await until(() => living(sleep).length === 0, 'all are gone')
    expect(living(sleep)).toEqual([])
  })
  it('and is not even started if the runtime dies before', async () => {
    const trace = join(tmpdir(), `skein-${randomUUID()}`)
    const die = `process.kill(process.pid, 'SIGKILL')`
    const owner = runtime(
      `const { exec } = await import(here + 'exec.ts')
       await exec(['touch', ${JSON.stringify(trace)}], { network: 'host', onStart: () => ${die} })`,
    )
    await once(owner, 'exit')
    await delay(200)
    expect(existsSync(trace)).toBe(false)
  })
  it("while a number that is somebody else's by now is left alone, and so is a group that has ended", async () => {
    const innocent = detached(uniqueSleep().split(' '))
    const released = detached(uniqueSleep().split(' '))
    const guilty = detached(uniqueSleep().split(' '))
    const stale = { ...groupOf(pidOf(innocent)), startTime: 'boot/1' }
    const code = `
      const { guard } = await import(here + 'watchdog.ts')
      await guard(${JSON.stringify(stale)})
      const watch = await guard(${JSON.stringify(groupOf(pidOf(released)))})
      watch[Symbol.dispose]()
      await guard(${JSON.stringify(groupOf(pidOf(guilty)))})
      process.kill(process.pid, 'SIGKILL')`
    runtime(code)
    await once(guilty, 'exit')
    await delay(100)
    expect([innocent.exitCode, innocent.signalCode, released.exitCode, released.signalCode]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

describe.runIf(seesProcesses)('E8: killGroup, for the next owner', { timeout: 20_000 }, () => {
  it('kills a group by its record, and says that nothing of it lives', async () => {
    const sleep = uniqueSleep()
    const leader = detached(['sh', '-c', `${sleep} & ${sleep}`])
    const { pgid, startTime } = groupOf(pidOf(leader))
    await until(() => living(sleep).length === 3, 'all are there')
    expect(await killGroup(pgid, startTime)).toBe(true)
    expect(living(sleep)).toEqual([])
    expect(await killGroup(pgid, startTime)).toBe(true)
  })
  it('kills members whose leader is dead', async () => {
    const sleep = uniqueSleep()
    const leader = detached(['sh', '-c', `${sleep} & sleep 0.2`])
    const { pgid, startTime } = groupOf(pidOf(leader))
    await once(leader, 'exit')
    expect(living(sleep)).toHaveLength(1)
    expect(await killGroup(pgid, startTime)).toBe(true)
    expect(living(sleep)).toEqual([])
  })
  it('touches nobody who has the number now, or of another start of the machine', async () => {
    const innocent = detached(uniqueSleep().split(' '))
    const { pgid, startTime } = groupOf(pidOf(innocent))
    const [boot = '', ticks = ''] = startTime.split('/')
    expect(await killGroup(pgid, `${boot}/${Number(ticks) - 1}`)).toBe(true)
    expect(await killGroup(pgid, `other-boot/${ticks}`)).toBe(true)
    await delay(50)
    expect([innocent.exitCode, innocent.signalCode]).toEqual([null, null])
  })
  it('claims nothing of a record that tells nothing', async () => {
    expect(await killGroup(process.pid, '')).toBe(false)
    expect(await killGroup(0, 'boot/1')).toBe(false)
    expect(await killGroup(1, 'boot/1')).toBe(false)
    expect(await killGroup(-5, 'boot/1')).toBe(false)
  })
})
