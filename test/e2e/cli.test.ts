/** The command line as people use it: real processes, a real data folder, and things going wrong. */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ARTICLE, BUDGETED, DESK, STEPS, STRAY, TRANSFER } from './definitions.ts'
import { project, until } from './project.ts'

const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

describe('skein run', () => {
  it('prints the value, prints it again under the same id, and refuses another input', async () => {
    await using p = await project({ 'steps.ts': STEPS })
    const first = await p.skein('run', 'steps.ts', '--id', 's1', '--input', '{"count":3}')
    expect([first.code, first.out]).toEqual([0, '14\n'])
    const again = await p.skein('run', 'steps.ts', '--id', 's1')
    expect([again.code, again.out, p.ledger().length]).toEqual([0, '14\n', 3])
    const other = await p.skein('run', 'steps.ts', '--id', 's1', '--input', '{"count":4}')
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(/^error RUN_INPUT_DIFFERS: s1 was started with another input/m),
    ])
  })

  it('goes on after kill -9 where it was, with nothing lost and nothing repeated in silence', async () => {
    await using p = await project({ 'steps.ts': STEPS })
    const { child, ended } = p.start('run', 'steps.ts', '--id', 's1', '--input', '{"count":8}')
    await p.ledgerHas(4)
    child.kill('SIGKILL')
    await ended
    const done = await p.skein('run', 'steps.ts', '--id', 's1')
    expect([done.code, done.out]).toEqual([0, '204\n'])
    expect(done.err).toMatch(/^s1 resumed: \d effects kept/m)
    const keys = p.ledger()
    expect(new Set(keys).size).toBe(8)
    expect(keys.length - 8).toBeLessThanOrEqual(1)
    const { repeated } = parsed((await p.skein('run', 'steps.ts', '--id', 's1', '--json')).out)
    expect(repeated).toBe(keys.length - 8)
    expect((await p.skein('verify')).code).toBe(0)
  })

  it('drains on SIGINT with 130, and goes on later', async () => {
    await using p = await project({ 'steps.ts': STEPS })
    const { child, ended } = p.start('run', 'steps.ts', '--id', 's1', '--input', '{"count":6}')
    await p.ledgerHas(2)
    child.kill('SIGINT')
    const stopped = await ended
    expect([stopped.code, stopped.err]).toEqual([
      130,
      expect.stringContaining('s1 is kept; it goes on with: npx skein run steps.ts --id s1'),
    ])
    expect((await p.skein('run', 'steps.ts', '--id', 's1')).out).toBe('91\n')
  })

  it('loads TypeScript in a project of CommonJS', async () => {
    await using p = await project({ 'steps.ts': STEPS, 'package.json': '{"type":"commonjs"}' })
    expect((await p.skein('run', 'steps.ts', '--input', '{"count":1}')).out).toBe('1\n')
  })
})

describe('waiting for people', () => {
  it('keeps an approval over restarts, and takes it once', async () => {
    await using p = await project({ 'article.ts': ARTICLE })
    const waiting = await p.skein('run', 'article.ts', '--id', 'a1', '--input', '{"topic":"tides"}')
    expect([waiting.code, waiting.err]).toEqual([3, expect.stringContaining('npx skein approve a1/publish')])
    expect((await p.skein('inbox')).out).toContain('a1/publish  publish {"text":"tides"}')
    expect((await p.skein('run', 'article.ts', '--id', 'a1')).err).toContain('Still waiting for you: a1/publish')
    const approved = await p.skein('approve', 'a1/publish', '--by', 'ann')
    expect([approved.code, approved.out]).toEqual([
      0,
      expect.stringContaining('it goes on with: npx skein run article.ts --id a1'),
    ])
    expect((await p.skein('inbox')).out).toBe('nothing waits for you\n')
    const done = await p.skein('run', 'article.ts', '--id', 'a1')
    expect([done.code, JSON.parse(done.out), p.ledger()]).toEqual([
      0,
      { url: 'https://cms/tides' },
      ['published tides'],
    ])
    const late = await p.skein('approve', 'a1/publish')
    expect([late.code, late.err]).toEqual([2, expect.stringMatching(/NOT_WAITING.*answered by ann/)])
  })

  it('shows commands that can be typed as they stand, for the data folder that was named', async () => {
    await using p = await project({ 'the article.ts': ARTICLE })
    const shown = (text: string, verb: string): string => new RegExp(`npx skein ${verb} .*`).exec(text)?.[0] ?? ''
    const input = '{"topic":"tides"}'
    const waiting = await p.skein('run', 'the article.ts', '--id', 'a1', '--input', input, '--data', 'my data')
    expect(waiting.code).toBe(3)
    const paused = await p.skein('pause', 'a1', '--data', 'my data')
    expect((await p.typed(shown(paused.out, 'resume'))).code).toBe(0)
    const approved = await p.typed(shown(waiting.err, 'approve'))
    expect([approved.code, approved.out]).toEqual([0, expect.stringContaining('approved a1/publish')])
    expect(shown(approved.out, 'run')).toBe(shown(waiting.err, 'run'))
    const done = await p.typed(shown(approved.out, 'run'))
    expect([done.code, JSON.parse(done.out)]).toEqual([0, { url: 'https://cms/tides' }])
  })

  it('fails with the reason of a denial', async () => {
    await using p = await project({ 'article.ts': ARTICLE })
    await p.skein('run', 'article.ts', '--id', 'a1', '--input', '{"topic":"tides"}')
    await p.skein('deny', 'a1/publish', '--reason', 'not today', '--by', 'ann')
    const denied = await p.skein('run', 'article.ts', '--id', 'a1')
    expect([denied.code, denied.err]).toEqual([
      1,
      expect.stringContaining('error APPROVAL_DENIED: denied by ann: not today'),
    ])
    expect(p.ledger()).toEqual([])
  })

  it('approves by itself with --yes', async () => {
    await using p = await project({ 'article.ts': ARTICLE })
    const done = await p.skein('run', 'article.ts', '--input', '{"topic":"x"}', '--yes', '--json')
    expect([done.code, parsed(done.out)]).toEqual([
      0,
      expect.objectContaining({ status: 'done', value: { url: 'https://cms/x' } }),
    ])
  })

  it('takes an answer and a message', async () => {
    await using p = await project({ 'desk.ts': DESK })
    const asked = await p.skein('run', 'desk.ts', '--export', 'ask', '--id', 'q1')
    expect(asked.code).toBe(3)
    const [need] = parsed((await p.skein('inbox', '--json')).out) as unknown as { name: string }[]
    expect((await p.skein('answer', need!.name, '"Paris"')).code).toBe(0)
    expect((await p.skein('run', 'desk.ts', '--export', 'ask', '--id', 'q1')).out).toBe('Paris\n')

    const listening = await p.skein('run', 'desk.ts', '--export', 'listen', '--id', 'd1', '--json')
    expect(listening.code).toBe(3)
    const { needs } = parsed(listening.out) as { needs: { pid: string }[] }
    expect((await p.skein('send', needs[0]!.pid, '{"n":1}', '--topic', 'news', '--id', 'm1')).code).toBe(0)
    expect((await p.skein('send', needs[0]!.pid, '{"n":1}', '--topic', 'news', '--id', 'm1')).out).toContain(
      'it was there already',
    )
    expect(JSON.parse((await p.skein('run', 'desk.ts', '--export', 'listen', '--id', 'd1')).out)).toEqual({ n: 1 })
  })
})

describe('unknown outcomes and budgets', () => {
  it('parks a write that was cut off, and goes on as the operator says', async () => {
    await using p = await project({ 'transfer.ts': TRANSFER })
    const { child, ended } = p.start('run', 'transfer.ts', '--id', 't1', '--input', '{"amount":5}')
    await p.ledgerHas(1)
    child.kill('SIGKILL')
    await ended
    const parked = await p.skein('run', 'transfer.ts', '--id', 't1')
    expect(parked.code).toBe(4)
    for (const how of ['--done', '--again', '--fail']) expect(parked.err).toContain(`npx skein resolve t1/pay ${how}`)
    expect((await p.skein('resolve', 't1/pay')).code).toBe(2)
    expect((await p.skein('resolve', 't1/pay', '--done', '{"amount":5}')).code).toBe(0)
    const done = await p.skein('run', 'transfer.ts', '--id', 't1')
    expect([done.code, JSON.parse(done.out), p.ledger()]).toEqual([0, { amount: 5 }, ['paid 5']])
  })

  it('waits for money with exit code 5, or fails when the budget is strict', async () => {
    await using p = await project({ 'budgeted.ts': BUDGETED })
    const short = await p.skein('run', 'budgeted.ts', '--id', 'b1', '--budget', '1-tool-calls')
    expect([short.code, short.err]).toEqual([5, expect.stringContaining('npx skein topup b1')])
    expect((await p.skein('topup', 'b1', '--budget', '1-tool-calls')).code).toBe(0)
    expect(JSON.parse((await p.skein('run', 'budgeted.ts', '--id', 'b1')).out)).toEqual([1, 2])
    const strict = await p.skein('run', 'budgeted.ts', '--budget', '1-tool-calls,strict')
    expect([strict.code, strict.err]).toEqual([5, expect.stringContaining('error BUDGET_EXCEEDED')])
  })
})

describe('beside a live owner', () => {
  it('refuses a second runtime by name, reads, acts through the socket, and waits when told to', async () => {
    await using p = await project({ 'steps.ts': STEPS, 'article.ts': ARTICLE })
    const { child, ended } = p.start('run', 'steps.ts', '--id', 's1', '--input', '{"count":1000}')
    await p.ledgerHas(1)
    const second = await p.skein('run', 'article.ts', '--input', '{"topic":"x"}')
    expect([second.code, second.err]).toEqual([75, expect.stringContaining(`in use by process ${child.pid}`)])
    expect(parsed((await p.skein('ps', '--json')).out)).toEqual([
      expect.objectContaining({ pid: 's1', status: 'running' }),
    ])
    expect((await p.skein('tree')).out).toContain('s1 steps')
    const patient = p.start('run', 'article.ts', '--id', 'a1', '--input', '{"topic":"x"}', '--wait', '60s')
    expect((await p.skein('cancel', 's1', '--reason', 'enough')).out).toBe('cancelled s1\n')
    const cancelled = await ended
    expect([cancelled.code, cancelled.err]).toEqual([130, expect.stringContaining('error CANCELLED')])
    expect((await patient.ended).code).toBe(3)
  })
})

describe('unfinished runs of other files', () => {
  it('go on when the folder is opened; one whose file is gone is parked, the others are not held up', async () => {
    await using p = await project({ 'steps.ts': STEPS, 'article.ts': ARTICLE, 'budgeted.ts': BUDGETED })
    const { child, ended } = p.start('run', 'steps.ts', '--id', 's1', '--input', '{"count":4}')
    await p.ledgerHas(2)
    child.kill('SIGKILL')
    await ended
    await p.skein('run', 'budgeted.ts', '--id', 'b1', '--budget', '1-tool-calls')
    await rm(join(p.folder, 'budgeted.ts'))
    const other = p.start('run', 'steps.ts', '--id', 's2', '--input', '{"count":12}')
    await until(async () => (await status(p, 's1')) === 'done', 's1 done')
    expect((await p.skein('inbox')).out).toMatch(/b1 +CODE_ABSENT: b1 cannot go on/)
    const done = await other.ended
    expect([done.code, done.err]).toEqual([
      0,
      expect.stringContaining('budgeted.ts: there is no such file; its processes are parked'),
    ])
    await writeFile(join(p.folder, 'budgeted.ts'), BUDGETED)
    expect((await p.skein('topup', 'b1', '--budget', '1-tool-calls')).code).toBe(0)
    expect(JSON.parse((await p.skein('run', 'budgeted.ts', '--id', 'b1')).out)).toEqual([1, 2])
  })
})

async function status(p: Awaited<ReturnType<typeof project>>, pid: string): Promise<unknown> {
  const list = parsed((await p.skein('ps', '--all', '--json')).out) as unknown as { pid: string; status: string }[]
  return list.find((view) => view.pid === pid)?.status
}

describe('what bad input gets', () => {
  it('names the cause, the place and the mend, and never begins with a stack', async () => {
    await using p = await project({
      'steps.ts': STEPS,
      'throws.ts': `const a: number = 1\n\nthrow new TypeError('no such thing ' + a)\n`,
      'enum.ts': 'enum Colour { Red }\nexport default Colour',
      'nothing.ts': 'export const price = 3',
    })
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['run', 'steps.ts', '--input', '{"count":'], 2, /^error INPUT_INVALID: --input is not JSON: /],
      [['run', 'steps.ts', '--input', 'three'], 2, /a text is written '"three"'/],
      [['run', 'steps.ts', '--input', '@no.json'], 2, /^error FILE_UNREADABLE: no.json/],
      [['run', 'absent.ts'], 2, /^error FILE_UNREADABLE: absent.ts: there is no such file/],
      [['run', 'throws.ts'], 2, /^error DEFINITION_LOAD_FAILED: throws.ts:3: TypeError: no such thing 1/],
      [['run', 'enum.ts'], 2, /^error DEFINITION_LOAD_FAILED: enum.ts:1: .*const object instead of an enum/],
      [['run', 'nothing.ts'], 2, /its exports are price, none of them made by workflow\(\) or agent\(\)/],
      [['run', 'steps.ts', '--id', 'a/b'], 2, /^error INPUT_INVALID: the id "a\/b" cannot be used/],
      [['rnu', 'steps.ts'], 2, /^error USAGE: there is no verb rnu\. Did you mean run\?/],
      [['run', 'steps.ts', '--budgt', '9s'], 2, /there is no --budgt\. Did you mean --budget\?/],
      [['run'], 2, /<file> is missing/],
      [['ps'], 2, /^error FILE_UNREADABLE: there is no data folder at .skein/],
    ]
    const ran = await Promise.all(cases.map(([args]) => p.skein(...args)))
    ran.forEach((result, i) => {
      expect([result.code, result.err]).toEqual([cases[i]![1], expect.stringMatching(cases[i]![2])])
      expect(result.err).not.toMatch(/^\s+at /m)
    })
  })

  it("survives what a user's code leaves lying around", async () => {
    await using p = await project({ 'stray.ts': STRAY })
    const stray = await p.skein('run', 'stray.ts', '--id', 'x1', '--input', '{"throws":true}')
    expect([stray.code, stray.err]).toEqual([
      1,
      expect.stringMatching(
        /error WORKFLOW_FAILED: something was thrown at stray.ts:\d+ that nobody caught: stray[\s\S]*x1 goes on with/,
      ),
    ])
    const open = await p.skein('run', 'stray.ts', '--id', 'x2', '--input', '{"throws":false}')
    expect([open.code, open.out]).toEqual([0, '1\n'])
  })

  it('finds what was most likely meant', async () => {
    await using p = await project({ 'article.ts': ARTICLE })
    await p.skein('run', 'article.ts', '--id', 'article-7', '--input', '{"topic":"x"}')
    expect((await p.skein('show', 'articel-7')).err).toMatch(
      /^error PROCESS_UNKNOWN: there is no process articel-7\. Did you mean article-7\?/,
    )
    expect((await p.skein('show', 'art')).code).toBe(0)
    expect((await p.skein('approve', 'article-7/publsh')).err).toMatch(
      /^error EFFECT_UNKNOWN: .*Did you mean publish\?/,
    )
    expect((await p.skein('show', 'article-7/publish', '--json')).out).toContain('"kind":"tool"')
    expect((await p.skein('log', 'article-7')).out).toMatch(/waits +publish +for approval/)
  })

  it('shows stacks only when asked to', async () => {
    await using p = await project({ 'throws.ts': `throw new TypeError('no')` })
    expect((await p.skein('run', 'throws.ts')).err).not.toContain('    at ')
    process.env['SKEIN_DEBUG'] = '1'
    try {
      expect((await p.skein('run', 'throws.ts')).err).toContain('    at ')
    } finally {
      delete process.env['SKEIN_DEBUG']
    }
  })

  it('leaves a folder alone that it cannot read', async () => {
    await using p = await project({ 'steps.ts': STEPS })
    await mkdir(join(p.folder, 'corrupt'))
    await writeFile(join(p.folder, 'corrupt', 'skein.db'), 'this is no database, and never was one'.repeat(100))
    const corrupt = await p.skein('run', 'steps.ts', '--input', '{"count":1}', '--data', 'corrupt')
    expect([corrupt.code, corrupt.err]).toEqual([1, expect.stringMatching(/^error DATA_FOLDER_CORRUPT: /)])
    expect((await p.skein('ps', '--data', 'corrupt')).err).toMatch(/^error DATA_FOLDER_CORRUPT: /)

    await p.skein('run', 'steps.ts', '--input', '{"count":1}', '--data', 'newer')
    const db = new DatabaseSync(join(p.folder, 'newer', 'skein.db'))
    db.exec('pragma user_version = 999')
    db.close()
    const newer = await p.skein('run', 'steps.ts', '--input', '{"count":1}', '--data', 'newer')
    expect([newer.code, newer.err]).toEqual([1, expect.stringMatching(/^error DATA_FOLDER_NEWER: /)])
  })

  it.skipIf(process.getuid?.() === 0)('says that a folder is read-only', async () => {
    await using p = await project({ 'steps.ts': STEPS })
    await p.skein('run', 'steps.ts', '--input', '{"count":1}')
    await chmod(join(p.folder, '.skein', 'skein.db'), 0o400)
    await chmod(join(p.folder, '.skein'), 0o500)
    const refused = await p.skein('run', 'steps.ts', '--input', '{"count":1}')
    await chmod(join(p.folder, '.skein'), 0o700)
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/^error DATA_FOLDER_READ_ONLY: /)])
  })
})
