/** Runs one command of the checks, by the repository's own Node and within a time limit. */
import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const MODULES = join(ROOT, 'node_modules')
/** Only what hangs takes as long: of equal machines one may be three times as slow as another. */
const COMMAND_TIMEOUT_MS = 30 * 60 * 1000

export type CommandOptions = {
  readonly cwd?: string
  /** Shows the output as it comes instead of returning it. */
  readonly live?: boolean
  /** With the machine's own Node: what talks to the registry, because only that one trusts the certificates of this machine. */
  readonly machineNode?: boolean
}

export type CommandResult = { readonly code: number; readonly output: string }

/** Resolves when the command has ended, however it ended. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = '', ...args] = argv
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
  const machinePath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.startsWith(MODULES))
  const path = options.machineNode ? machinePath : [join(MODULES, '.bin'), ...machinePath]
  const child = spawn(file, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...plain, PATH: path.join(delimiter) },
    stdio: ['ignore', options.live ? 'inherit' : 'pipe', options.live ? 'inherit' : 'pipe'],
    timeout: COMMAND_TIMEOUT_MS,
  })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const stop = () => child.kill()
  process.once('exit', stop)
  return new Promise((resolve) => {
    const end = (code: number, note: string) => {
      process.off('exit', stop)
      resolve({ code, output: Buffer.concat(chunks).toString('utf8') + note })
    }
    child.once('error', (error) => end(1, error.message))
    child.once('close', (code, signal) => end(code ?? 1, signal === null ? '' : `\nended by ${signal}`))
  })
}
