/** The example as a stranger runs it: its own process, a real project, a ledger outside, and kill -9 in the middle. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BROKEN } from './code/propose.ts'

const START = join(dirname(fileURLToPath(import.meta.url)), 'start.ts')
/** What a report says before its findings. */
const HEAD_LINES = 10
const SETTLE_MS = 1_000
const WAIT_MS_MAX = 60_000

const LIBRARY = `export function price(cents, member) {
  if (cents < 0) throw new RangeError('negative')
  if (member) cents -= 5
  return cents + 1
}
`
const FORGOTTEN = `export const twice = (n) => n * 2
export const thrice = (n) => n * 3
export const half = (n) => n / 2
`
/** Notices everything but what is done for members. Writes every run into a ledger outside of the scratch copy. */
const TESTS = (ledger: string): string => `import { appendFileSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
const code = createHash('sha256').update(readFileSync('price.mjs')).digest('hex')
const write = (what) => appendFileSync(${JSON.stringify(ledger)}, what + ' ' + code + '\\n')
write('begin')
await new Promise((resolve) => setTimeout(resolve, 150))
process.on('exit', (exitCode) => write(exitCode === 0 ? 'green' : 'red'))
const { price } = await import('../price.mjs')
let threw = false
try { price(-1, false) } catch { threw = true }
if (!threw || price(0, false) !== 1 || price(1, false) !== 2) process.exit(1)
`

let root: string
let ledger: string
let project: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'blindspots-e2e-'))
  ledger = join(root, 'ledger')
  project = join(root, 'project')
  mkdirSync(join(project, 'test'), { recursive: true })
  writeFileSync(join(project, 'price.mjs'), LIBRARY)
  writeFileSync(join(project, 'forgotten.mjs'), FORGOTTEN)
  writeFileSync(join(project, 'test', 'price.test.mjs'), TESTS(ledger))
})
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

type Run = {
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

function start(data: string, ...args: readonly string[]): Run {
  const fixed = [
    project,
    '--test',
    'node test/price.test.mjs',
    '--workers',
    '2',
    '--budget',
    '60s',
    '--data',
    join(root, data),
  ]
  const child = spawn(process.execPath, ['--conditions=skein-source', START, ...fixed, ...args], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<Awaited<Run['ended']>>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  )
  return { kill: (signal) => child.kill(signal), ended }
}

/** How often the ledger has `what` of each program. */
function counted(...what: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n') : []) {
    const [kind = '', code] = line.split(' ')
    if (what.includes(kind) && code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return counts
}

const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 20) {
    if (waitedMs > WAIT_MS_MAX) throw new Error('it did not happen')
    await delay(20)
  }
}

/** The places and changes of a report, without the names of the runs. */
const claims = (report: string): readonly string[] =>
  readFileSync(report, 'utf8')
    .split('\n')
    .slice(HEAD_LINES)
    .filter((line) => /^(## |[-+] )/.test(line))

describe('blind spots', () => {
  it('finds what no test notices, and nothing else', async () => {
    const { code, out, err } = await start('data', '--yes').ended
    expect([code, err]).toEqual([0, ''])
    const report = readFileSync(join(root, 'blindspots.md'), 'utf8')
    const survivors = [...report.matchAll(/^\+ (.*)$/gm)].map((match) => match[1])
    expect(survivors).toContain('if (false) cents -= 5')
    expect(survivors).toContain('if (member) cents += 5')
    expect(survivors).toContain('if (member) cents -= 6')
    // Members are line 3, and a price of 0 is legal as far as the tests know.
    expect([...report.matchAll(/^## price\.mjs:(\d+)$/gm)].map((match) => match[1])).toEqual(
      ['2', '3'].filter((line) => report.includes(`price.mjs:${line}\n`)),
    )
    expect(report).not.toContain('cents - 1')
    expect(report).toContain('- `forgotten.mjs`')
    expect(out).toMatch(/price\.mjs:3 {2}/)
    expect(out).toMatch(/Everything tried in/)
    expect(out).not.toMatch(/\bbugs?\b(?!")/)
    expect(readFileSync(join(project, 'price.mjs'), 'utf8')).toBe(LIBRARY)
    expect(scratchFolders()).toEqual([])
  })

  it('goes on after kill -9 with every verdict kept and nothing done twice', async () => {
    rmSync(join(project, 'forgotten.mjs'))
    expect((await start('whole', '--yes').ended).code).toBe(0)
    const expected = claims(join(root, 'blindspots.md'))
    const programs = new Set(counted('begin').keys())
    rmSync(ledger)

    const killed = start('cut', '--yes')
    await until(() => total(counted('red', 'green')) >= 10)
    killed.kill('SIGKILL')
    await killed.ended
    // What the dead process had started dies with it.
    await delay(SETTLE_MS)
    expect(total(counted('begin')) - total(counted('red', 'green'))).toBeLessThanOrEqual(2)

    const { code, out, err } = await start('cut', '--yes').ended
    expect([code, err]).toEqual([0, ''])
    expect(Number(/resumed: (\d+) verdicts? kept/.exec(out)?.[1])).toBeGreaterThan(0)
    expect(out).toContain('0 in silence')
    expect(claims(join(root, 'blindspots.md'))).toEqual(expected)
    expect(new Set(counted('begin').keys())).toEqual(programs)
    // Noticed: one run. Unnoticed, and the untouched code: two. Broken as a whole: once by itself, once by each lane.
    const broken = createHash('sha256').update(BROKEN).digest('hex')
    const [red, green] = [counted('red'), counted('green')]
    const excess = (counts: ReadonlyMap<string, number>, due: number): number =>
      [...counts].reduce((sum, [program, times]) => sum + Math.max(0, times - (program === broken ? 3 : due)), 0)
    expect(excess(red, 1) + excess(green, 2)).toBeLessThanOrEqual(2)
    expect([...red.keys()].filter((program) => green.has(program))).toEqual([])
  })

  it('runs nothing before somebody has said yes, and goes on when they have', async () => {
    const unasked = await start('data').ended
    expect(unasked.code).toBe(3)
    expect(unasked.out).toContain('May this command be run')
    expect(unasked.out).toContain('["node","test/price.test.mjs"]')
    expect(existsSync(ledger)).toBe(false)
    expect((await start('data', '--yes').ended).code).toBe(0)
    expect(total(counted('red', 'green'))).toBeGreaterThan(10)
  })

  it('says what is wrong with the tests before it tries anything', async () => {
    writeFileSync(join(project, 'test', 'price.test.mjs'), `console.error('one is red'); process.exit(1)`)
    const { code, err } = await start('data', '--yes').ended
    expect(code).toBe(1)
    expect(err).toContain('error EXEC_FAILED')
    expect(err).toContain('one is red')
    expect(err).not.toMatch(/^\s+at /m)
    expect(scratchFolders()).toEqual([])
  })

  it('stops by its budget, and says how far it came', async () => {
    // More than anybody could try in that time; and time enough for the untouched runs on a busy machine.
    const lines = Array.from({ length: 200 }, (_, n) => `export const f${n} = (n) => n * ${n} + ${n}\n`)
    writeFileSync(join(project, 'price.mjs'), LIBRARY + lines.join(''))
    const { code, out, err } = await start('data', '--yes', '--budget', '20s', '--workers', '1').ended
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/Stopped by its budget after \d/)
  })

  it('says so when its budget does not cover a single trial', async () => {
    const slow = TESTS(ledger).replace('150', '1500')
    writeFileSync(join(project, 'test', 'price.test.mjs'), slow)
    const { code, err } = await start('data', '--yes', '--budget', '7s', '--workers', '1').ended
    expect(err).toMatch(/error (BUDGET_EXCEEDED: the budget is too short|EXEC_TIMEOUT)/)
    expect(code).toBe(err.includes('BUDGET_EXCEEDED') ? 5 : 1)
  })
})

/** Scratch copies of this project that are left. */
function scratchFolders(): readonly string[] {
  const home = join(tmpdir(), `skein-blindspots-${process.getuid?.()}`)
  const copies = existsSync(home) ? readdirSync(home) : []
  return copies.filter((copy) => existsSync(join(home, copy, 'base', 'forgotten.mjs')))
}
