/** Runs a cell once, as a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { CellArguments } from './bench.ts'
import { FAILURE_CHARS_MAX } from './limits.ts'
import type { Sample } from './report.ts'

export type CellRun = {
  readonly folder: string
  readonly script: string
  readonly args: CellArguments
  readonly timeoutMs: number
}

export type CellOutcome = { readonly sample: Sample } | { readonly failure: string }

/** The groups of cells that run now. */
const running = new Set<number>()

/** A cell outlives a harness that is killed, unless it is killed first. */
export function killRunningCells(): void {
  for (const pid of running) killGroup(pid)
}

/** What it said, or why it said nothing that counts. */
export async function runCell({ folder, script, args, timeoutMs }: CellRun): Promise<CellOutcome> {
  const flags = Object.entries(args).flatMap(([key, value]) => [`--${key}`, String(value)])
  const argv = ['--expose-gc', '--conditions=skein-source', '--no-warnings', join(folder, script), ...flags]
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env })
  if (child.pid !== undefined) running.add(child.pid)
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err = (said.err + text).slice(-8_000)))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killGroup(child.pid)
  }, timeoutMs)
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  child.on('error', (error) => resolve(error.message))
  // What it started and left behind would hold its pipes open.
  child.on('exit', () => killGroup(child.pid))
  child.on('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`))
  const end = await promise
  clearTimeout(timer)
  if (child.pid !== undefined) running.delete(child.pid)
  if (isLate) return { failure: `took longer than ${timeoutMs / 1000} s` }
  if (end !== undefined) return { failure: shortened(`${end}: ${said.err}`) }
  return parseSaid(said.out)
}

/** The last line that is an object of numbers. */
export function parseSaid(out: string): CellOutcome {
  const line = out.trimEnd().split('\n').at(-1) ?? ''
  let said: unknown
  try {
    said = JSON.parse(line)
  } catch {
    return { failure: shortened(`printed no JSON: ${line}`) }
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    return { failure: shortened(`printed no object: ${line}`) }
  const wrong = Object.entries(said).find(([, value]) => typeof value !== 'number' || !Number.isFinite(value))
  if (wrong) return { failure: shortened(`${wrong[0]} is no number: ${line}`) }
  return { sample: said as Sample }
}

/** A cell may have started servers; they are of its group and end with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}

/** On one line, without the paths of this machine and the frames of a stack. */
function shortened(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
  const plain = lines.join(' ').replaceAll(/(?:file:\/\/)?(?:\/[\w.@-]+){2,}\/([\w.@-]+)/g, '…/$1')
  return plain.slice(0, FAILURE_CHARS_MAX)
}
