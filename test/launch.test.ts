/** The launcher is invisible: same exit code, same signals, and killing it kills what it launched. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const BIN = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin')
const PREPARE = { spawned: 'process.execve = undefined', replaced: '' }
const WORK = "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log(process.pid)"

/** A launcher of `WORK`, and the pid that the work has. */
async function launched(how: keyof typeof PREPARE): Promise<{ readonly launcher: ChildProcess; readonly pid: number }> {
  const code = `${PREPARE[how]}
    const { launch } = await import(${JSON.stringify(pathToFileURL(join(BIN, 'launch.mjs')).href)})
    launch(process.execPath, ['--eval', ${JSON.stringify(WORK)}])`
  const launcher = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(launcher.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  onTestFinished(() => endIfThere(pid))
  return { launcher, pid }
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended, as it should have.
  }
}

/** Of a process whose standard output is the pipe that `launcher` shows: it has ended when the pipe has. */
const ended = async (launcher: ChildProcess): Promise<void> => {
  launcher.stdout?.resume()
  await once(launcher, 'close')
}

describe('launch', () => {
  it.each(['spawned', 'replaced'] as const)('passes SIGTERM on, and the exit code back, when %s', async (how) => {
    const { launcher } = await launched(how)
    launcher.kill('SIGTERM')
    expect(await once(launcher, 'exit')).toEqual([7, null])
  })

  it.each(['spawned', 'replaced'] as const)('does not outlive kill -9 of the launcher when %s', async (how) => {
    const { launcher, pid } = await launched(how)
    expect(launcher.pid === pid).toBe(how === 'replaced')
    launcher.kill('SIGKILL')
    await ended(launcher)
  })
})

describe('the bin', () => {
  it('says on Windows what to do instead', () => {
    const windows = 'data:text/javascript,Object.defineProperty(process,"platform",{value:"win32"})'
    const done = spawnSync(process.execPath, ['--import', windows, join(BIN, 'skein.mjs')], { encoding: 'utf8' })
    expect(done).toMatchObject({ status: 2, stdout: '' })
    expect(done.stderr).toMatch(/^skein: PLATFORM_UNSUPPORTED: .*WSL 2/)
  })

  it('reads for its help nothing of what verbs need', () => {
    const log = `import { registerHooks } from 'node:module'
      registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) })`
    const args = ['--conditions=skein-source', '--import', `data:text/javascript,${encodeURIComponent(log)}`]
    const done = spawnSync(process.execPath, [...args, join(BIN, 'skein.mjs'), '--help'], { encoding: 'utf8' })
    expect(done.stdout).toContain('usage: skein <verb>')
    expect(done.stderr).toContain('/src/host/cli/main.ts')
    expect(done.stderr).not.toMatch(/\/src\/(kernel|engine|agents|model|tools)\//)
  })
})
