import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TRIPWIRE_LOOKS_MAX, TRIPWIRE_SAMPLE } from '../limits.ts'
import { tripwireMode } from './mode.ts'
import { tripwire } from './tripwire.ts'

type Body = {
  clock(): unknown
  clockElsewhere(): unknown
  make(): unknown
  parse(): unknown
  draw(): unknown
  read(): unknown
  uuid(): unknown
  timer(): void
  later(): Promise<void>
}
let folder: string
let body: Body

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-trip-'))
  const lines = [
    `import { existsSync } from 'node:fs'`,
    `import { randomUUID } from 'node:crypto'`,
    `export const clock = () => Date.now()`,
    `export const make = () => new Date()`,
    `export const parse = () => new Date(5) instanceof Date`,
    `export const draw = () => Math.random()`,
    `export const read = () => existsSync('/nowhere')`,
    `export const uuid = () => randomUUID()`,
    `export const timer = () => clearTimeout(setTimeout(() => {}, 0))`,
    `export const later = async () => { await null; Date.now() }`,
    `export const clockElsewhere = () => Date.now()`,
  ]
  await writeFile(join(folder, 'body.mjs'), lines.join('\n'))
  body = (await import(pathToFileURL(join(folder, 'body.mjs')).href)) as Body
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const touching = (act: (body: Body) => unknown): string[] => {
  const reports: string[] = []
  using wire = tripwire('warn', (line) => reports.push(line.replace(/at \S*body\.mjs/, 'at body.mjs')))
  wire.enter('article')
  act(body)
  wire.leave()
  return reports
}

describe('tripwire', () => {
  it('names workflow, function, place and mend', () => {
    expect(touching((b) => b.clock())).toEqual([
      'tripwire: workflow article touches Date.now at body.mjs:3; use ctx.now()',
    ])
    expect(touching((b) => b.make())).toEqual([
      'tripwire: workflow article touches new Date() at body.mjs:4; use new Date(await ctx.now())',
    ])
    expect(touching((b) => b.draw())).toEqual([
      'tripwire: workflow article touches Math.random at body.mjs:6; use ctx.random()',
    ])
    expect(touching((b) => b.read())).toEqual([
      'tripwire: workflow article touches fs.existsSync at body.mjs:7; use a tool, or ctx.step()',
    ])
    expect(touching((b) => b.uuid())).toEqual([
      'tripwire: workflow article touches crypto.randomUUID at body.mjs:8; use ctx.uuid()',
    ])
    expect(touching((b) => b.timer())).toEqual([
      'tripwire: workflow article touches setTimeout at body.mjs:9; use ctx.sleep()',
    ])
  })
  it('lets a body work on dates it was given', () => {
    expect(touching((b) => expect(b.parse()).toBe(true))).toEqual([])
  })
  it('reports a place once', () => {
    expect(touching((b) => [b.clock(), b.clock(), b.clock()])).toHaveLength(1)
  })
  it('takes few stack traces of a body that reads the clock all the time, and still finds another place', () => {
    const touchesCount = 100_000
    let traces = 0
    const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
    Error.prepareStackTrace = (error, sites) => {
      traces += 1
      const lines = sites.map((at) => `    at (${at.getFileName()}:${at.getLineNumber()}:${at.getColumnNumber()})`)
      return [error.message, ...lines].join('\n')
    }
    try {
      expect(
        touching((b) => {
          for (let i = 0; i < touchesCount; i++) b.clock()
          for (let i = 0; i < TRIPWIRE_SAMPLE; i++) b.clockElsewhere()
        }),
      ).toHaveLength(2)
    } finally {
      if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
      else Object.defineProperty(Error, 'prepareStackTrace', before)
    }
    expect(traces).toBeGreaterThan(0)
    expect(traces).toBeLessThan(touchesCount / 20)
  })
  it('what one workflow does all the time hides nothing that another one does once', () => {
    const reports: string[] = []
    using wire = tripwire('warn', (line) => reports.push(line))
    wire.enter('busy')
    for (let i = 0; i < TRIPWIRE_LOOKS_MAX + 1; i++) body.clock()
    wire.leave()
    wire.enter('article')
    body.clockElsewhere()
    wire.leave()
    expect(reports).toHaveLength(2)
    expect(reports[1]).toContain('workflow article')
  })
  it('sees the microtasks of a body, and nothing outside the window', async () => {
    const reports: string[] = []
    using wire = tripwire('warn', (line) => reports.push(line))
    body.clock()
    wire.enter('article')
    const done = body.later()
    await done
    wire.leave()
    body.clock()
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain('body.mjs:10')
  })
  it('ignores what this package itself does in the window', () => {
    expect(touching(() => [Date.now(), new Date(), fs.existsSync('/nowhere')])).toEqual([])
  })
  it('throws at the place when asked to', () => {
    using wire = tripwire('error', () => undefined)
    wire.enter('article')
    expect(() => body.clock()).toThrow(/Date.now/)
    wire.leave()
  })
  it('puts every original back', () => {
    const before = [
      Date,
      Date.now,
      Math.random,
      fetch,
      setTimeout,
      fs.readFileSync,
      Object.getOwnPropertyDescriptor(crypto, 'randomUUID'),
    ]
    const wire = tripwire('warn', () => undefined)
    wire.enter('article')
    wire[Symbol.dispose]()
    expect([
      Date,
      Date.now,
      Math.random,
      fetch,
      setTimeout,
      fs.readFileSync,
      Object.getOwnPropertyDescriptor(crypto, 'randomUUID'),
    ]).toEqual(before)
    expect(Date).toBe(before[0])
    expect(fs.readFileSync).toBe(before[5])
  })
  it('is off in production and refuses other words', () => {
    expect([
      tripwireMode({}),
      tripwireMode({ NODE_ENV: 'production' }),
      tripwireMode({ SKEIN_TRIPWIRE: 'error', NODE_ENV: 'production' }),
    ]).toEqual(['warn', 'off', 'error'])
    expect(() => tripwireMode({ SKEIN_TRIPWIRE: 'loud' })).toThrow(/off, warn or error/)
  })
})
