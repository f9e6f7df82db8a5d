/** The writer as a stranger meets it: a model behind a real protocol, a working tree, kill -9 in the middle of changing it. */
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  cpSync,
  existsSync,
  openSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openaiServer } from '../../test/fixtures/openai-server.ts'
import type { OpenaiServer, ReceivedRequest, Reply } from '../../test/fixtures/openai-server.ts'

const START = join(dirname(fileURLToPath(import.meta.url)), 'start.ts')
const BIN = fileURLToPath(new URL('../../bin/skein.mjs', import.meta.url))
const TESTS = 'for test in test/*.test.mjs; do node $test || exit 1; done'

const PROJECT = {
  'price.mjs': 'export function price(cents, member) {\n  if (member) cents -= 5\n  return cents + 1\n}\n',
  'label.mjs': "export function label(name, loud) {\n  if (loud) return name + '!'\n  return name\n}\n",
  'test/price.test.mjs':
    "const { price } = await import('../price.mjs')\nif (price(0, false) !== 1 || price(1, false) !== 2) process.exit(1)\n",
  'test/label.test.mjs':
    "const { label } = await import('../label.mjs')\nif (label('a', false) !== 'a') process.exit(1)\n",
} as const
/** What notices everything that nobody noticed. */
const ADDED = {
  'test/price.test.mjs': 'if (price(10, true) !== 6) process.exit(1)\n',
  'test/label.test.mjs': "if (label('a', true) !== 'a!') process.exit(1)\n",
} as const

const PRICES = "export default { models: { prices: { 'openai/test': { inputPerMTokUsd: 2, outputPerMTokUsd: 8 } } } }"

const PARTS = ['data', 'project'] as const
const HOOK_MS_MAX = 300_000

let root: string
let project: string
function open(): void {
  root = mkdtempSync(join(tmpdir(), 'blindspots-writing-'))
  project = join(root, 'project')
  mkdirSync(join(project, 'test'), { recursive: true })
  for (const [file, text] of Object.entries(PROJECT)) writeFileSync(join(project, file), text)
}
const close = (): void => rmSync(root, { recursive: true, force: true, maxRetries: 5 })

type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

function run(
  argv: readonly string[],
  server: OpenaiServer,
): { readonly kill: () => void; readonly ended: Promise<Ran> } {
  const env = { ...process.env, INIT_CWD: root, OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'k', NODE_OPTIONS: '' }
  const child = spawn(process.execPath, argv, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<Ran>((resolve) => child.on('close', (code) => resolve({ code, out, err })))
  return { kill: () => void child.kill('SIGKILL'), ended }
}

const blindspots = (server: OpenaiServer, ...args: readonly string[]): ReturnType<typeof run> => {
  const fixed = [project, '--test', TESTS, '--workers', '2', '--budget', '60s', '--data', join(root, 'data')]
  return run(['--conditions=skein-source', START, ...fixed, '--model', 'openai/test', ...args], server)
}
const skein = (server: OpenaiServer, ...args: readonly string[]): Promise<Ran> =>
  run([BIN, ...args, '--data', join(root, 'data')], server).ended

const text = (request: ReceivedRequest): string => JSON.stringify(request.body.messages)
const answer = (path: string, added: string, after = ''): Reply => ({
  type: 'text',
  text: JSON.stringify({ skip: '', path, insertions: [{ after, text: added }] }),
})
/** The file that a request is about. */
const about = (request: ReceivedRequest): 'price' | 'label' =>
  text(request).includes('in price.mjs, line') ? 'price' : 'label'
const goodAnswer = (request: ReceivedRequest): Reply => {
  const path = `test/${about(request)}.test.mjs` as const
  return answer(path, ADDED[path])
}
const inTree = (file: string): string => readFileSync(join(project, file), 'utf8')
const isAdded = (file: keyof typeof ADDED): boolean => inTree(file) === PROJECT[file] + ADDED[file]
/** One file was asked about once, the other twice. */
const isOneAndTwo = (files: readonly string[]): boolean => files.length === 3 && new Set(files).size === 2
/** How many test files are as the patch leaves them. */
const added = (): number => Object.keys(ADDED).filter((file) => isAdded(file as keyof typeof ADDED)).length
const isUntouched = (): boolean => Object.entries(PROJECT).every(([file, was]) => inTree(file) === was)
const report = (): string => readFileSync(join(root, 'blindspots.md'), 'utf8')

describe('with a model', () => {
  beforeEach(open)
  afterEach(close)

  it('writes tests for what nobody noticed, proves them, and adds them once', async () => {
    await using server = await openaiServer([goodAnswer])
    writeFileSync(join(root, 'skein.config.mjs'), PRICES)
    const { code, out, err } = await blindspots(server, '--yes', '--usd', '1').ended
    expect([code, err]).toEqual([0, ''])
    expect(added()).toBe(2)
    expect(out).toMatch(/writer +openai\/test: 2 tests proved, \d+ more noticed by them \([\d,]+ tokens, \$0\.\d+\)/)
    expect(out).toMatch(/tests +added to test\/(price|label)/)
    expect(report()).toMatch(
      /it passes in `[\w-]+\/pass-on-original` and fails on the change in `[\w-]+\/fail-on-mutant`/,
    )
    // One test notices every change to its file, so the model was asked twice.
    expect(server.meter.requests).toBe(2)
    const [proof = ''] = /[\w-]+\/fail-on-mutant/.exec(report()) ?? []
    const shown = await skein(server, 'show', proof, '--json')
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('"verdict":"red"')])
    expect((await skein(server, 'verify')).code).toBe(0)
    expect(readdirSync(project).toSorted()).toEqual(['label.mjs', 'price.mjs', 'test'])
  })

  it('shows the model what is wrong with its test, refuses what is no test, and gives up in the end', async () => {
    const answers: Readonly<Record<'price' | 'label', readonly Reply[]>> = {
      price: [
        answer('../evil.test.mjs', 'out'),
        answer('price.mjs', '// out'),
        answer('test/price.test.mjs', 'throw new Error("I fail everywhere")'),
      ],
      label: [
        answer('test/label.test.mjs', "if (label('a', false) !== 'a') process.exit(1)"),
        // Notices every change, by keeping the test after it from running at all.
        answer(
          'test/label.test.mjs',
          "if (label('a', true) !== 'a!') process.exit(1)\nprocess.exit(0)",
          'await import',
        ),
        answer('test/label.test.mjs', ADDED['test/label.test.mjs']),
      ],
    }
    const asked = { price: 0, label: 0 }
    await using server = await openaiServer([
      (request) => {
        const who = about(request)
        return answers[who][asked[who]++ % 3] as Reply
      },
    ])
    const { code, out } = await blindspots(server, '--yes').ended
    expect([code, out]).toEqual([0, expect.stringMatching(/1 test proved, .*given up, \d+ answers refused/)])
    expect(inTree('test/price.test.mjs')).toBe(PROJECT['test/price.test.mjs'])
    expect(inTree('price.mjs')).toBe(PROJECT['price.mjs'])
    expect(isAdded('test/label.test.mjs')).toBe(true)
    expect(existsSync(join(root, 'evil.test.mjs')) || existsSync(join(tmpdir(), 'evil.test.mjs'))).toBe(false)
    const complaints = server.requests.map(text).join('\n')
    for (const complaint of [
      'is no plain relative path',
      'is no test: only files of tests may be written',
      'pass on the changed program as well',
      'keep other tests from running',
    ])
      expect(complaints).toContain(complaint)
    expect(report()).toContain('its test fails on the unchanged program (exit code 1)')
  })

  it('is killed while a model writes, and keeps what was proved', async () => {
    const pause = { delayMs: 3_000 }
    await using server = await openaiServer([
      goodAnswer,
      (request) => ({ ...goodAnswer(request), ...pause }),
      goodAnswer,
    ])
    const killed = blindspots(server, '--yes')
    const over = new AbortController()
    void killed.ended.then(() => over.abort())
    while (!over.signal.aborted && server.requests.length < 2) await delay(5)
    killed.kill()
    await killed.ended
    expect(isUntouched()).toBe(true)
    const { code, out } = await blindspots(server, '--yes').ended
    expect([code, out]).toEqual([0, expect.stringContaining('2 tests proved')])
    expect(added()).toBe(2)
    // The first answer was kept; the second was cut off and asked for again, which is said.
    expect(server.requests.map(about).toSorted()).toEqual(expect.toSatisfy(isOneAndTwo))
    expect(out).toMatch(/resumed +\d+ verdicts kept.*1 effect repeated under its own key/)
  })

  it('asks no model for what its budget does not cover, and says so', async () => {
    await using server = await openaiServer([goodAnswer])
    const { code, out } = await blindspots(server, '--yes', '--tokens', '500').ended
    expect([code, out]).toEqual([0, expect.stringMatching(/0 tests proved, \d+ not looked at: .*tokens/)])
    expect([server.meter.requests, isUntouched()]).toEqual([0, true])
  })

  it('goes on with the report when the model cannot be reached, and says so before the hunt when there is no such model', async () => {
    await using server = await openaiServer([{ type: 'error', status: 401, message: 'no' }])
    const { code, out } = await blindspots(server, '--yes').ended
    expect(code).toBe(0)
    expect(out).toMatch(/writer +openai\/test: 0 tests proved, \d+ not looked at: /)
    expect(isUntouched()).toBe(true)
    const unknown = await blindspots(server, '--yes', '--model', 'nobody/x').ended
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('error MODEL_UNKNOWN')])
    const unpriced = await blindspots(server, '--yes', '--usd', '1').ended
    expect([unpriced.code, unpriced.err]).toEqual([2, expect.stringContaining('no price for openai/test')])
  })
})

/** Runs until the patch is put before a person, whom there is not. */
async function untilAsked(server: OpenaiServer): Promise<string> {
  const first = await blindspots(server).ended
  const [command = ''] = /[\w-]+\/run-tests/.exec(first.out) ?? []
  expect([first.code, first.out]).toEqual([3, expect.stringContaining('openai/test is shown code')])
  expect((await skein(server, 'approve', command)).code).toBe(0)
  const second = await blindspots(server).ended
  const [patch = ''] = /[\w-]+\/add-tests/.exec(second.out) ?? []
  expect([second.code, second.out]).toEqual([3, expect.stringContaining('May these tests be added')])
  expect(isUntouched()).toBe(true)
  expect(report()).toContain('Waiting for your yes')
  return patch
}

describe('the patch, once it is put before a person,', () => {
  let server: OpenaiServer
  let patch: string
  beforeAll(async () => {
    server = await openaiServer([goodAnswer])
    open()
    patch = await untilAsked(server)
    for (const part of PARTS) cpSync(join(root, part), join(root, 'kept', part), { recursive: true })
  }, HOOK_MS_MAX)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    close()
  })
  const restore = (): void => {
    for (const part of PARTS) {
      rmSync(join(root, part), { recursive: true })
      cpSync(join(root, 'kept', part), join(root, part), { recursive: true })
    }
  }

  it('changes nothing when it is denied, and lies beside the report', async () => {
    restore()
    expect((await skein(server, 'deny', patch)).code).toBe(0)
    const { code, out } = await blindspots(server).ended
    expect([code, out]).toEqual([0, expect.stringMatching(/tests +denied, so nothing was changed; the patch is /)])
    expect(isUntouched()).toBe(true)
    expect(report()).toContain('Denied, so nothing was changed')
    const applied = spawn('git', ['apply', join(root, 'blindspots.patch')], { cwd: project })
    expect(await new Promise((resolve) => applied.on('close', resolve))).toBe(0)
    expect(added()).toBe(2)
  })

  it.each(['test/label.test.mjs', 'price.mjs'] as const)('is refused as a whole when %s has changed', async (file) => {
    restore()
    writeFileSync(join(project, file), `${inTree(file)}// mine\n`)
    expect((await skein(server, 'approve', patch)).code).toBe(0)
    const { code, out } = await blindspots(server).ended
    const said = `${file} changed since this run began, so nothing was written`
    expect([code, out]).toEqual([0, expect.stringContaining(said)])
    expect(inTree(file)).toBe(`${PROJECT[file]}// mine\n`)
    expect(added()).toBe(0)
  })

  /** Approved and begun, and killed before anything is written: its look at a source is kept waiting by a pipe. */
  const killedInside = async (): Promise<void> => {
    restore()
    expect((await skein(server, 'approve', patch)).code).toBe(0)
    const source = join(project, 'price.mjs')
    rmSync(source)
    execFileSync('sh', ['-c', `mkfifo '${source}'`])
    const killed = blindspots(server)
    const over = new AbortController()
    void killed.ended.then(() => over.abort())
    let pipe: number | undefined
    while (!over.signal.aborted && (pipe = writingEnd(source)) === undefined) await delay(1)
    killed.kill()
    await killed.ended
    expect(pipe).toBeDefined()
    if (pipe !== undefined) closeSync(pipe)
    rmSync(source)
    writeFileSync(source, PROJECT['price.mjs'])
  }
  const NAMES = ['test/label.test.mjs', 'test/price.test.mjs'] as const

  it.each([
    ['neither file was', []],
    ['the first file was', NAMES.slice(0, 1)],
    ['the second file was', NAMES.slice(1)],
    ['both files were', NAMES],
  ])('is neither lost nor doubled by kill -9 when %s written', async (_, written) => {
    await killedInside()
    for (const file of written) writeFileSync(join(project, file), PROJECT[file] + ADDED[file])
    const { code, out } = await blindspots(server).ended
    expect([code, out]).toEqual([0, expect.stringContaining('added to')])
    expect(added()).toBe(2)
    expect(readdirSync(join(project, 'test')).toSorted()).toEqual(['label.test.mjs', 'price.test.mjs'])
    expect((await skein(server, 'verify')).code).toBe(0)
  })

  it('is put before a person when it was killed inside and somebody has changed a file since', async () => {
    await killedInside()
    writeFileSync(join(project, NAMES[0]), '// mine\n')
    const parked = await blindspots(server, '--yes').ended
    expect([parked.code, parked.out]).toEqual([4, expect.stringContaining(`npx skein resolve ${patch} --again`)])
    expect((await skein(server, 'resolve', patch, '--fail')).code).toBe(0)
    const { code, out } = await blindspots(server, '--yes').ended
    expect([code, out]).toEqual([0, expect.stringMatching(/tests +not added: /)])
    expect([inTree(NAMES[0]), inTree(NAMES[1])]).toEqual(['// mine\n', PROJECT[NAMES[1]]])
  })

  it('is neither lost nor doubled by kill -9 as soon as the first file changes', async () => {
    restore()
    expect((await skein(server, 'approve', patch)).code).toBe(0)
    const killed = blindspots(server)
    const over = new AbortController()
    void killed.ended.then(() => over.abort())
    while (!over.signal.aborted && added() === 0) await delay(1)
    killed.kill()
    await killed.ended
    const { code, out } = await blindspots(server).ended
    expect([code, out]).toEqual([0, expect.stringContaining('added to')])
    expect(added()).toBe(2)
  })
})

/** The other end of a pipe that somebody reads; undefined while nobody does. */
function writingEnd(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}
