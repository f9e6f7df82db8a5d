import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const mock = import.meta.resolve('ai/test')

/** A model that asks for the weather, then says it, and writes down that it was asked. */
const config = `
import { appendFileSync } from 'node:fs'
import { MockLanguageModelV4 } from ${JSON.stringify(mock)}
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } }
const doGenerate = async ({ prompt }) => {
  appendFileSync('asked.txt', prompt.length + ' messages\\n')
  const result = prompt.at(-1).role === 'tool' ? prompt.at(-1).content[0].output.value : undefined
  const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{"city":"Paris"}' }
  return result === undefined
    ? { content: [call], finishReason: { unified: 'tool-calls' }, usage, warnings: [] }
    : { content: [{ type: 'text', text: 'It says ' + result }], finishReason: { unified: 'stop' }, usage, warnings: [] }
}
export default { models: { aliases: { mock: new MockLanguageModelV4({ doGenerate }) } } }
`

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'skein-hello-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

async function hello(model: string): Promise<string> {
  const env = { ...process.env, SKEIN_MODEL: model }
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=skein-source', main], { cwd, env })
  return stdout.trim()
}

it('answers with the help of its tool, and the same id is the same run', async () => {
  await writeFile(join(cwd, 'skein.config.mjs'), config)
  expect(await hello('mock')).toBe('It says Sunny, 21 °C')
  expect(await hello('mock')).toBe('It says Sunny, 21 °C')
  expect(await readFile(join(cwd, 'asked.txt'), 'utf8')).toBe('1 messages\n3 messages\n')
})

it('needs no key: the stand-in says what it is', async () => {
  expect(await hello('offline')).toContain('offline stand-in')
})
