/** The example as a stranger runs it: with the stand-in, with a model that lies, and with kill -9 in the middle. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project, until } from '../../test/e2e/project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const DOCUMENTS = fileURLToPath(new URL('documents', import.meta.url))
const WIND = JSON.stringify({ question: 'Who decides whether the ferry sails in strong wind?' })

/** Every citation of a brief: that its quote stands in its lines is looked up here, by other code than the example's. */
function citationsOf(brief: string, folder: string): readonly string[] {
  const found = [...brief.matchAll(/^ {3}> (.*)\n\n {3}`(.+?):(\d+)(?:-(\d+))?`, in the file with the hash (\w+)$/gm)]
  return found.map(([, quote = '', path = '', from = '', to = from, hash]) => {
    const content = readFileSync(join(folder, path), 'utf8')
    const lines = content.split('\n').slice(Number(from) - 1, Number(to))
    expect(lines.map((line) => line.trim()).join(' ')).toContain(quote)
    expect(createHash('sha256').update(content).digest('hex').slice(0, 12)).toBe(hash)
    return `${path}:${from}`
  })
}

it('answers without a key, with citations that are true, and says who answered', async () => {
  await using p = await project({})
  const { code, out } = await p.skein('run', MAIN, '--id', 'b1', '--input', WIND)
  const result = JSON.parse(out) as { brief: string; citations: number; model: string }
  expect([code, result.brief, result.model]).toEqual([0, 'b1.md', 'offline'])
  const brief = await readFile(join(p.folder, 'b1.md'), 'utf8')
  expect(brief).toContain('Answered by `offline`, a stand-in that understands nothing')
  expect(citationsOf(brief, DOCUMENTS)).toContain('safety-rules.md:8')
  expect(citationsOf(brief, DOCUMENTS)).toHaveLength(result.citations)
})

it('says so when the documents do not speak of it', async () => {
  await using p = await project({})
  const { out } = await p.skein('run', MAIN, '--id', 'b1', '--input', '{"question":"Xylophones?"}')
  expect(JSON.parse(out)).toMatchObject({ citations: 0, answer: '' })
  expect(await readFile(join(p.folder, 'b1.md'), 'utf8')).toContain('Nothing that answers this was found')
})

const PAPER = 'Rules\n\nThe mole is closed when the wind is 17 m/s or more.\nThe keeper decides.\n'
/** Reads before it speaks. Once wrong and then right; once wrong for ever; once about a file outside. */
const LIAR = `
  const claim = (text, path, line, quote) => ({ text, path, fromLine: line, toLine: line, quote })
  const keeper = (line) => claim('The keeper decides on it.', 'rules.md', line, 'The keeper decides.')
  const lie = claim('The mayor decides on it.', 'rules.md', 4, 'The mayor decides.')
  const thief = claim('The secret is out.', '../secret.md', 1, 'The secret is out.')
  const speak = ({ prompt, results }) => {
    if (prompt.includes('statements')) return { json: { sentences: [
      'The keeper decides [1].', prompt.includes('faults') ? 'So it is [1].' : 'Trust me.' ] } }
    if (!prompt.includes('passages')) return { json: { terms: ['keeper'] } }
    if (prompt.includes('"wrong"')) return { json: { claims: [keeper(4), lie] } }
    if (results.length === 0) return { calls: ['rules.md', '../secret.md'].map((path) => ({ tool: 'read_file', input: { path } })) }
    note('read ' + (results[0].text?.includes('keeper') ? 'rules' : 'nothing') + ', ' + JSON.stringify(results[1]).slice(0, 99))
    return { json: { claims: [keeper(3), lie, thief] } }
  }`
/** Each document says one true thing; the model thinks for as long as the file \`hold\` names the document. */
const SLOW = `
  const speak = async ({ prompt }) => {
    if (prompt.includes('statements')) { note('writer'); await held('writer'); return { json: { sentences: ['All agree [1].'] } } }
    if (!prompt.includes('passages')) return { json: { terms: [] } }
    const [passage] = JSON.parse(prompt).passages
    note(passage.path)
    await held(passage.path)
    return { json: { claims: [{ ...passage, text: passage.path + ' says it.', quote: passage.text }] } }
  }`

const config = (script: string): string => `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { scriptedModel } from ${JSON.stringify(import.meta.resolve('skein/testing'))}
const note = (line) => appendFileSync('ledger', line + '\\n')
const isHeld = (name) => existsSync('hold') && readFileSync('hold', 'utf8').includes(name)
const held = async (name) => { while (isHeld(name)) await new Promise((resolve) => setTimeout(resolve, 10)) }
${script}
const scripted = scriptedModel(({ options, results }) => {
  const said = options.prompt.findLast(({ role }) => role === 'user').content[0].text
  return speak({ prompt: said, results })
})
export default { models: { aliases: { scripted } } }
`

type Listed = { readonly workflow: string; readonly status: string }

/** A project whose \`papers\` are these. */
async function papers(script: string, files: Readonly<Record<string, string>>) {
  const p = await project(
    { 'skein.config.mjs': config(script), 'secret.md': 'The secret is out.\n' },
    { SKEIN_MODEL: 'scripted', BRIEF_FOLDER: 'papers' },
  )
  await mkdir(join(p.folder, 'papers'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(p.folder, 'papers', name), text)
  return p
}

it('sends wrong citations back, keeps what becomes right, drops the rest and says so; nothing outside is read', async () => {
  await using p = await papers(LIAR, { 'rules.md': PAPER })
  const { code, out } = await p.skein('run', MAIN, '--id', 'b1', '--input', '{"question":"Who closes the mole?"}')
  expect([code, JSON.parse(out)]).toEqual([
    0,
    { brief: 'b1.md', answer: 'The keeper decides [1]. So it is [1].', citations: 1, dropped: 1, model: 'scripted' },
  ])
  const brief = await readFile(join(p.folder, 'b1.md'), 'utf8')
  expect(citationsOf(brief, join(p.folder, 'papers'))).toEqual(['rules.md:4'])
  expect(brief).toContain(
    '- The mayor decides on it. (`rules.md:4`: the quote is not in lines 4 to 4 of rules.md, nor anywhere else in it)',
  )
  expect(brief).not.toContain('secret is out')
  expect(p.ledger()).toEqual([expect.stringMatching(/^read rules, .*PATH_ESCAPES|^read rules, .*outside/)])
  expect((await p.skein('verify')).code).toBe(0)
})

it('is killed while it reads and while it writes, and asks no model twice for what it has', async () => {
  const names = ['a.md', 'b.md', 'c.md']
  await using p = await papers(SLOW, Object.fromEntries(names.map((name) => [name, 'The ferry sails at seven.\n'])))
  const run = ['run', MAIN, '--id', 'b1', '--input', '{"question":"When does the ferry sail?"}']
  const hold = async (text: string): Promise<void> => {
    await writeFile(join(p.folder, 'holding'), text)
    await rename(join(p.folder, 'holding'), join(p.folder, 'hold'))
  }
  const ended = async (): Promise<number> => {
    const processes = JSON.parse((await p.skein('ps', '--all', '--json')).out) as readonly Listed[]
    return processes.filter(({ workflow, status }) => workflow === 'reader' && status === 'done').length
  }

  await hold('b.md')
  const first = p.start(...run)
  await until(async () => p.ledger().length === 3 && (await ended()) === 2, 'two documents read')
  first.child.kill('SIGKILL')
  await first.ended

  await hold('writer')
  const second = p.start(...run)
  await until(() => p.ledger().includes('writer'), 'the writer')
  second.child.kill('SIGKILL')
  await second.ended

  await hold('nothing')
  const done = await p.skein(...run)
  expect([done.code, JSON.parse(done.out)]).toMatchObject([0, { citations: 3, dropped: 0, answer: 'All agree [1].' }])
  const asked = Object.fromEntries(
    [...names, 'writer'].map((who) => [who, p.ledger().filter((line) => line === who).length]),
  )
  expect(asked).toEqual({ 'a.md': 1, 'b.md': 2, 'c.md': 1, writer: 2 })
  expect(citationsOf(await readFile(join(p.folder, 'b1.md'), 'utf8'), join(p.folder, 'papers'))).toHaveLength(3)
  expect((await p.skein('verify')).code).toBe(0)
})
