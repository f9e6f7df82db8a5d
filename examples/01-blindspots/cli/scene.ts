/**
 * What is going on in a run, as people watch it: a fold over the changes of its processes. It decides nothing, and
 * what it has not seen it does not show.
 */
import { valueOf } from 'skein/kernel'
import type { Fact } from 'skein/kernel'
import { wordsOf } from '../report/findings.ts'
import { many, seconds } from '../report/words.ts'
import { BREAKS } from '../run/changes.ts'
import type { TrialEnd } from '../run/trial.ts'
import type { Change } from '../run/types.ts'
import type { Assignment, WriterEnd } from '../write/types.ts'

/** A process that is at work. */
export type Actor = {
  readonly pid: string
  readonly workflow: string
  readonly parent: string | undefined
  readonly title: string
  readonly since: number
}

export type Counts = { readonly tried: number; readonly noticed: number; readonly unnoticed: number }

/** How a run gets on; `news` are lines worth keeping. */
export class Scene {
  readonly #actors = new Map<string, Actor>()
  readonly #names = new Map<string, string>()
  readonly #news: string[] = []
  #counts = { tried: 0, noticed: 0, unnoticed: 0 }
  #effectMs = 0
  #total: number | undefined
  #doing = 'starting'

  /** Ended trials of an earlier sitting. */
  remember({ kept, keptMs }: { readonly kept: readonly TrialEnd[]; readonly keptMs: number }): void {
    for (const end of kept) this.#count(end)
    this.#effectMs += keptMs
  }

  apply(pid: string, facts: readonly Fact[]): void {
    for (const fact of facts) this.#fold(pid, fact)
  }

  get counts(): Counts {
    return this.#counts
  }

  /** Changes that could be tried, once the survey knows. */
  get total(): number | undefined {
    return this.#total
  }

  /** Time inside effects so far. */
  get effectMs(): number {
    return this.#effectMs
  }

  /** What the root does by itself, when it does. */
  get doing(): string {
    return this.#doing
  }

  /** Processes at work, parents before children. */
  get actors(): readonly Actor[] {
    return [...this.#actors.values()]
  }

  takeNews(): readonly string[] {
    return this.#news.splice(0)
  }

  #fold(pid: string, fact: Fact): void {
    switch (fact.type) {
      case 'born': {
        const input = valueOf(fact.input)
        const parent = fact.parent?.pid
        if (fact.workflow === 'file') this.#doing = 'trying changes'
        this.#actors.set(pid, {
          pid,
          workflow: fact.workflow,
          parent,
          title: titleOf(fact.workflow, input),
          since: fact.at,
        })
        return
      }
      case 'intended': {
        this.#names.set(`${pid} ${fact.key}`, fact.name)
        if (WORDS[fact.name] !== undefined) this.#doing = WORDS[fact.name] as string
        if (fact.attempt > 1)
          this.#news.push(
            `${pid}/${fact.name}  was cut off and is repeated under its own key (attempt ${fact.attempt})`,
          )
        return
      }
      case 'waiting':
        if (fact.on.kind === 'approval') this.#doing = 'waiting for approval'
        return
      case 'settled':
        this.#effectMs += fact.actual?.effectMs ?? 0
        if (fact.outcome.type === 'ok') this.#done(this.#names.get(`${pid} ${fact.key}`), valueOf(fact.outcome.value))
        return
      case 'ended': {
        const workflow = this.#actors.get(pid)?.workflow
        this.#actors.delete(pid)
        if (workflow === 'trial' && fact.result.type === 'ok') this.#count(valueOf(fact.result.value) as TrialEnd, true)
        if (workflow === 'write-test' && fact.result.type === 'ok')
          this.#news.push(newsOf(valueOf(fact.result.value) as WriterEnd))
        return
      }
      default:
        return
    }
  }

  #count(end: TrialEnd, isNew = false): void {
    if (end.type === 'unjudged' || end.change.operator === BREAKS) {
      if (isNew && end.type === 'unnoticed')
        this.#news.push(
          `${end.change.file}  no test loads this file: broken from its first character on, and nobody notices`,
        )
      return
    }
    const unnoticed = end.type === 'unnoticed'
    this.#counts = {
      tried: this.#counts.tried + 1,
      noticed: this.#counts.noticed + (unnoticed ? 0 : 1),
      unnoticed: this.#counts.unnoticed + (unnoticed ? 1 : 0),
    }
    if (isNew && unnoticed)
      this.#news.push(`${end.change.file}:${end.change.line}  ${wordsOf(end.change)}; no test notices`)
  }

  /** The few results of tools that people want to hear of. */
  #done(name: string | undefined, value: unknown): void {
    if (name === 'survey') {
      const { sources, tests } = value as { sources: readonly { proposals: number }[]; tests: number }
      this.#total = sources.reduce((sum, source) => sum + source.proposals, 0)
      this.#news.push(
        `survey: ${many(sources.length, 'file')} with code, ${many(tests, 'test file')}, ${many(this.#total, 'change')} to try`,
      )
    }
    if (name === 'run-tests') {
      const { runs, green, ms } = value as { runs: number; green: number; ms: number }
      this.#news.push(`untouched code: ${green} of ${runs} runs green, ${seconds(ms)} each`)
    }
    if (name === 'break-everything') {
      const { verdict } = value as { verdict: string }
      this.#news.push(
        verdict === 'green' ? 'every source broken: the tests do not notice' : 'every source broken: the tests notice',
      )
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  survey: 'looking at the code',
  'run-tests': 'running the tests on untouched copies',
  'break-everything': 'checking that the tests notice broken code',
  'look-around': 'writing tests',
  'pass-together': 'running all new tests together',
  'write-report': 'writing the report',
  'add-tests': 'adding the tests',
}

function titleOf(workflow: string, input: unknown): string {
  if (workflow === 'file') return (input as { file: string }).file
  if (workflow === 'write-test') {
    const { change } = (input as Assignment).survivor
    return `${change.file}:${change.line} ${wordsOf(change)}`
  }
  if (workflow !== 'trial') return ''
  const { change } = input as { change: Change }
  return change.operator === BREAKS ? 'is this file loaded at all?' : `:${change.line} ${wordsOf(change)}`
}

function newsOf({ type, change, path, why }: WriterEnd): string {
  const where = `${change.file}:${change.line}`
  switch (type) {
    case 'proved':
      return `${where}  a test in ${path ?? '?'} notices it; proved`
    case 'covered':
      return `${where}  a test that was written before notices it as well`
    case 'given up':
      return `${where}  no test was found that notices it: ${why ?? 'unknown'}`
  }
}
