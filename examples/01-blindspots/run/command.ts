/** INTERIM: own spawn until skein/tools exec lands. */
import { spawn } from 'node:child_process'

export type CommandOptions = { cwd: string; env: Record<string, string>; timeoutMs: number; outputBytesMax: number; memoryBytesMax: number; signal: AbortSignal | undefined }
export type CommandEnd = { exitCode: number | undefined; signal: string | undefined; limit: 'time' | 'output' | 'memory' | undefined; ms: number; output: string }

export function command(argv: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] as string, argv.slice(1), { cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let limit: CommandEnd['limit']
    let bytes = 0
    let output = ''
    const kill = (): void => { try { process.kill(-(child.pid as number), 'SIGKILL') } catch {} }
    const timer = setTimeout(() => { limit = 'time'; kill() }, options.timeoutMs)
    options.signal?.addEventListener('abort', kill, { once: true })
    const take = (chunk: Buffer): void => { bytes += chunk.length; output = (output + chunk.toString()).slice(-20_000); if (bytes > options.outputBytesMax) { limit = 'output'; kill() } }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (e) => { clearTimeout(timer); reject(e) })
    child.on('close', (code, signal) => { clearTimeout(timer); kill(); resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, limit, ms: Math.round(performance.now() - started), output }) })
  })
}
