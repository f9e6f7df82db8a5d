/** Data folders in a temporary place, and owners in other processes. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeClock } from '../../platform/node-clock.ts'
import { nodeHash } from '../../platform/node-hash.ts'
import { nodeRandom } from '../../platform/node-random.ts'

export const ports = { clock: nodeClock, hash: nodeHash, random: nodeRandom }

/** A folder that does not exist yet; everything around it goes with the scope. */
export function temporaryFolder(name = 'data'): Disposable & { readonly path: string } {
  const parent = mkdtempSync(join(tmpdir(), 'skein-test-'))
  return { path: join(parent, name), [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }) }
}

const engine = fileURLToPath(new URL('../../index.ts', import.meta.url))
const fixture = fileURLToPath(new URL('../../engine.fixture.ts', import.meta.url))

/** A program that owns `folder`, says `owned`, runs processes that count to their end, and drains when told to. */
const OWNER = (folder: string, body: string) => `
import { openEmbedded, nodeClock, nodeHash, nodeRandom } from ${JSON.stringify(engine)}
import { factsFrom, note, request, rest, endWith, message } from ${JSON.stringify(fixture)}
const engine = await openEmbedded({ folder: ${JSON.stringify(folder)}, clock: nodeClock, hash: nodeHash, random: nodeRandom })
const say = (text) => process.stdout.write(text + '\\n')
process.on('SIGTERM', async () => { await engine[Symbol.asyncDispose](); say('drained'); process.exit(0) })
${body}
say('owned')
setInterval(() => {}, 1000)`

/** An owner in a process of its own; resolves when it owns the folder. */
export async function ownerProcess(folder: string, body = ''): Promise<OwnerProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', OWNER(folder, body)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const owner = new OwnerProcess(child)
  await owner.said('owned')
  return owner
}

/** A child that owns a folder. It is killed with the scope. */
export class OwnerProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly exited: Promise<void>
  #output = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()))
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += String(chunk)))
  }

  async said(text: string): Promise<void> {
    for (;;) {
      if (this.#output.includes(`${text}\n`)) return
      if (this.child.exitCode !== null) throw new Error(`the owner ended without saying ${text}: ${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.child.kill(signal)
    await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill()
  }
}
