import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { workflow } from '../../kernel/index.ts'
import { tool } from '../../tools/index.ts'
import { open } from '../open.ts'
import { main } from './main.ts'
import { processTerminal } from './terminal.ts'

const DATA = 'my data'
const cwd = mkdtempSync(join(tmpdir(), 'skein-shown-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const publish = tool({
  name: 'publish',
  needsApproval: true,
  inputSchema: z.object({}),
  execute: () => 'published',
})
const article = workflow({ name: 'article' }, (ctx) => ctx.tool(publish, {}))

/** Every command that a verb shows. */
async function shownBy(...argv: string[]): Promise<readonly string[]> {
  let said = ''
  const say = (text: string): void => void (said += text)
  await main([...argv, '--data', DATA], { ...processTerminal(), out: say, err: say, cwd, leave: () => undefined })
  const strings = argv.includes('--json')
    ? [...said.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? '')
    : [said]
  return strings.flatMap((text) => [...text.matchAll(/npx skein .*/g)].map(([command]) => command))
}

describe('commands that are shown', () => {
  beforeAll(async () => {
    await using skein = await open({ data: join(cwd, DATA) })
    for (const id of ['a1', 'a2']) await skein.start(article, undefined, { id })
    await vi.waitFor(
      async () => {
        for (const id of ['a1', 'a2'])
          if ((await skein.inspect(id))?.waits.length !== 1) throw new Error(`${id} does not wait yet`)
      },
      { timeout: 10_000 },
    )
  })

  it.each([
    [['inbox'], 'npx skein approve a1/publish'],
    [['inbox', '--json'], 'npx skein approve a1/publish'],
    [['ps', '--json'], 'npx skein approve a1/publish'],
    [['show', 'a1'], 'npx skein deny a1/publish'],
    [['show', 'a1', '--json'], 'npx skein deny a1/publish'],
    [['tree', 'a1'], 'npx skein approve a1/publish'],
    [['tree', 'a1', '--json'], 'npx skein approve a1/publish'],
    [['approve', '--where', 'effect=publish'], `npx skein approve --where effect=publish --yes`],
    [['pause', 'a2'], 'npx skein resume a2'],
  ])('%j names the data folder that was named', async (argv, command) => {
    const shown = await shownBy(...argv)
    expect(shown).toContainEqual(expect.stringContaining(`${command} --data 'my data'`))
    expect(shown.filter((line) => !line.includes(`--data 'my data'`))).toEqual([])
  })
})
