/** A user's project in a temporary folder, or on a shared engine, and the command line run in it as people run it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIN } from './built-package.ts'
import { SharedEngine } from './shared-engine.ts'

const WAIT_MS_MAX = 30_000
const POLL_MS = 15

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** A command that is still going. */
export type Running = {
  readonly child: { readonly pid?: number | undefined; readonly kill: (signal?: NodeJS.Signals) => boolean }
  readonly ended: Promise<Ran>
}

/** A project with these files; every tool call may write a line to `ledger`. `variables` join the environment. */
export async function project(
  files: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'skein-e2e-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const running = new Set<ChildProcess>()
  const begin = (program: string, args: readonly string[]): Running => {
    const env = { ...process.env, CI: '1', SKEIN_TRIPWIRE: '', NODE_OPTIONS: '', ...variables }
    const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const ended = new Promise<Ran>((resolve) => {
      child.on('close', (code) => {
        running.delete(child)
        resolve({ code, out, err })
      })
    })
    return { child, ended }
  }
  const local = (args: readonly string[]): Running => begin(process.execPath, [BIN, ...args])
  const engine = await SharedEngine.named(local)
  const start = (...args: string[]): Running => (engine === undefined ? local(args) : engine.start(args))
  const lines = (): string[] => {
    const file = join(folder, 'ledger')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  }
  return {
    folder,
    /** Workers run it, on an engine that others use, too. */
    isShared: engine !== undefined,
    /** Lines of the outside ledger. */
    ledger: lines,
    /** Starts a command. */
    start,
    /** Runs a command to its end. */
    skein: (...args: string[]): Promise<Ran> => start(...args).ended,
    /** Types a line that was shown, `npx skein …`, into a shell. */
    typed: (line: string): Promise<Ran> => {
      const npx = 'bin=$1; npx() { shift; "$0" "$bin" "$@"; }; '
      const inShell = (): Running => begin('/bin/sh', ['-c', npx + line, process.execPath, BIN])
      return (engine === undefined ? inShell() : engine.typed(line, inShell)).ended
    },
    /** Waits until the ledger has `count` lines. */
    ledgerHas: (count: number): Promise<void> => until(() => lines().length >= count, `${count} lines in the ledger`),
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits for something that comes by itself. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + WAIT_MS_MAX
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what} did not come in ${WAIT_MS_MAX} ms`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
