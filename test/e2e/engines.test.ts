/** Every verb of the command line, on a data folder, a Restate server and a Postgres server: the same words, the same exit codes. */
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'skein'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres, restate } from 'skein/engine'
import type { Engine } from 'skein/engine'
import { loadFile } from '../../src/host/load/definitions.ts'
import { postgresPrograms, restateProgram, startPostgres, startRestate } from '../../src/testing/index.ts'
import { typedHere } from '../fixtures/typed-here.ts'
import type { Said } from '../fixtures/typed-here.ts'

type Server = AsyncDisposable & { readonly place: string; readonly engine: Engine }

async function onRestate(program: string): Promise<Server> {
  const server = await startRestate(program)
  const { admin, ingress } = server
  return {
    place: `restate://${new URL(ingress).host}?admin=${admin}&name=office`,
    engine: await restate({ admin, ingress, name: 'office' }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function onPostgres(programs: string): Promise<Server> {
  const server = await startPostgres(programs)
  return {
    place: `${server.url}?schema=office`,
    engine: await postgres({ connectionString: server.url, schema: 'office' }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const ENGINES = [
  { name: 'restate', program: restateProgram(), begin: onRestate },
  { name: 'postgres', program: hasPackage() ? postgresPrograms() : undefined, begin: onPostgres },
] as const

for (const { name, program } of ENGINES)
  if (program === undefined) console.log(`the verbs are not tried on ${name}: its server, or its package, is not here`)

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}

const OFFICE = `
import { pending, tool, workflow } from 'skein'
const any = { jsonSchema: { type: 'object' } }
const publish = tool({ name: 'publish', inputSchema: any, needsApproval: true, execute: async () => 'published' })
const render = tool({ name: 'render', inputSchema: any,
  execute: async (_, { idempotencyKey }) => pending(idempotencyKey, { expires: '30d' }) })
const mail = tool({ name: 'mail', inputSchema: any, execute: () => new Promise(() => {}) })
const look = tool({ name: 'look', inputSchema: any, effect: 'read', execute: async ({ n }) => n })
const visa = async ({ attempt }) => { if (attempt === 1) throw new Error('no visa'); return 'visa' }
const clerk = workflow({ name: 'clerk' }, (ctx) => ctx.tool(publish, {}))
const parts = {
  below: (ctx) => ctx.run(clerk, {}),
  approval: (ctx) => ctx.tool(publish, {}),
  question: (ctx) => ctx.ask({ title: 'Which city?', answer: { jsonSchema: { type: 'string' } } }),
  letter: async (ctx) => (await ctx.receive({ topic: 'letter' })).body,
  doubt: (ctx) => ctx.tool(mail, {}, { timeout: 50 }),
  later: (ctx) => ctx.tool(render, {}),
  money: async (ctx) => [await ctx.tool(look, { n: 1 }), await ctx.tool(look, { n: 2 })],
  failing: (ctx) => ctx.step('visa', visa, { effect: 'read' }),
}
export default workflow({ name: 'office' }, (ctx, input) => parts[input.part](ctx))
`

const folder = mkdtempSync(join(tmpdir(), 'skein-engines-'))
writeFileSync(join(folder, 'office.ts'), OFFICE)
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (argv: readonly string[]): Promise<Said> => typedHere(argv, { cwd: folder })

/** What may differ: times, sums of time, hashes, epochs, and where the run is. */
const plain = (text: string): string =>
  text
    .replaceAll(/ --(engine|data) \S+/g, '')
    .replaceAll(/\d+(\.\d+)?(ms|s|m|h)\b/g, '<time>')
    .replaceAll(/\b[0-9a-f]{8,}\b/g, '<hash>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\S*/g, '<date>')
    .replaceAll(/\d\d:\d\d:\d\d\S*/g, '<clock>')
    .replaceAll(/nobody runs this data folder now.*\n/g, '')
    .replaceAll(/\S*skein-engines-\S+/g, '<path>')
    // Where nobody hosts a folder between two commands, a run is activated once more.
    .replaceAll(/, activated \d+ times|, \d+ resumes?/g, '')
    .replaceAll(/(effectMs .*?) \d+ /g, '$1 <time> ')
    .replaceAll(/ +/g, ' ')

type Step = readonly string[]
const start = (part: string, ...more: string[]): Step => [
  'run',
  'office.ts',
  '--id',
  part,
  '--input',
  JSON.stringify({ part }),
  ...more,
]
const again = (part: string): Step => ['run', 'office.ts', '--id', part]

const FLOWS: Readonly<Record<string, readonly Step[]>> = {
  approve: [start('approval'), ['inbox'], ['approve', 'approval/publish'], again('approval')],
  deny: [
    ['run', 'office.ts', '--id', 'denied', '--input', '{"part":"approval"}'],
    ['deny', 'denied/publish', '--reason', 'no'],
    again('denied'),
  ],
  answer: [start('question'), ['answer', 'question/Which city?', '"Rome"'], again('question')],
  send: [start('letter'), ['send', 'letter', '"hello"', '--topic', 'letter'], again('letter')],
  cancel: [['run', 'office.ts', '--id', 'gone', '--input', '{"part":"letter"}'], ['cancel', 'gone'], again('gone')],
  resolve: [start('doubt'), ['inbox'], ['resolve', 'doubt/mail', '--done', '"sent"'], again('doubt')],
  settle: [start('later'), ['settle', 'later/render', '--done', '"film"'], again('later')],
  topup: [start('money', '--budget', '1-tool-calls'), ['topup', 'money', '--budget', '5-tool-calls'], again('money')],
  retry: [start('failing'), ['retry', 'failing'], again('failing')],
  pause: [['pause', 'workflow:office', '--reason', 'fire'], ['switches'], ['resume', 'workflow:office'], ['switches']],
  fork: [
    ['fork', 'approval', '--id', 'forked', '--writes', 'stub'],
    ['diff', 'approval', 'forked'],
  ],
  look: [
    ['show', 'approval'],
    ['show', 'approval/publish'],
    ['tree', 'approval'],
    ['log', 'approval'],
    ['stuck'],
    ['verify'],
    ['export', '--journals', 'journals.jsonl', '--all'],
    ['upgrade', 'approval', 'office.ts', '--dry-run'],
    ['release'],
  ],
  erase: [
    ['erase', 'approval'],
    ['show', 'approval'],
    ['verify', 'approval'],
  ],
  // What asks is a child that was not there when the command began to look.
  below: [start('below'), ['cancel', 'below'], again('below')],
  refusals: [
    ['show', 'nobody'],
    ['approve', 'letter/nothing'],
    ['cancel', 'approval'],
    ['erase', 'nobody'],
  ],
}

for (const { name, program, begin } of ENGINES)
  describe.skipIf(program === undefined)(`every verb, on ${name}`, () => {
    let place = ''
    const closing: (() => unknown)[] = []
    beforeAll(async () => {
      const server = await begin(program ?? '')
      closing.push(() => server[Symbol.asyncDispose]())
      place = server.place
      const { main: office } = await loadFile('office.ts', folder)
      const { engine } = server
      const skein = await open({ data: join(folder, `worker-${name}`), engine, models: {}, workflows: [office!] })
      closing.push(() => skein[Symbol.asyncDispose]())
    })
    afterAll(async () => {
      for (const close of closing.toReversed()) await close()
    })

    it.each(Object.keys(FLOWS))('%s: says the same on both engines', async (flow) => {
      const [here, there] = await Promise.all(
        [
          ['--data', join(folder, `data-${name}`)],
          ['--engine', place],
        ].map(async (where) => {
          const said: unknown[] = []
          for (const argv of FLOWS[flow] ?? []) {
            const { code, out, err } = await cli([...argv, ...where])
            // What a run tells while it goes on is told by whoever hosts it.
            const told = argv[0] === 'run' || argv[0] === 'fork' ? '' : plain(err)
            said.push({ argv: argv.join(' '), code, out: plain(out), err: told })
          }
          return said
        }),
      )
      expect(there).toEqual(here)
    })

    it('backup and restore are about folders, and say what to do instead', async () => {
      for (const verb of ['backup', 'restore']) {
        const { code, err } = await cli([verb, 'somewhere', '--engine', place])
        expect([code, err]).toEqual([2, expect.stringContaining('with its own tools')])
      }
    })
  })
