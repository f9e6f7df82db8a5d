/** The judge sees what it is there for: each offence is forged, and a clean run is left alone. */
import { describe, expect, it } from 'vitest'
import { FACT_VERSION, NOTHING, payloadOf } from '../../kernel/index.ts'
import type { Fact, FactBody } from '../../kernel/index.ts'
import { asEffectKey, asOwnerId, asPid, asSeq } from '../../std/index.ts'
import { MODEL_KEY } from './ledger-entry.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import { judgeRun } from './verdict.ts'
import type { Evidence, Verdict } from './verdict.ts'

const PID = asPid('p')
const OK = { type: 'ok', value: payloadOf('done') } as const

type About = { readonly kind: 'tool' | 'model'; readonly class: 'read' | 'write'; readonly name: string }

const keyOf = ({ name }: About, n = 0): string => `${name}#${n}`
const idOf = (about: About): string => `p/0/0/${keyOf(about)}`
const effect = (about: About, n = 0): readonly FactBody[] => {
  const key = asEffectKey(keyOf(about, n))
  const amounts = about.kind === 'tool' ? { toolCalls: 1 } : { modelCalls: 1 }
  return [
    { type: 'intended', key, attempt: 1, ...about, argsHash: '', verdict: {}, reserve: amounts, timeoutMs: 1_000 },
    { type: 'begun', key, attempt: 1, owner: asOwnerId('o') },
    { type: 'settled', key, attempt: 1, outcome: OK, actual: amounts },
  ]
}
const approval = (about: About): readonly FactBody[] => {
  const key = asEffectKey(`${keyOf(about)}!approval`)
  return [
    { type: 'waiting', key, on: { kind: 'approval', title: about.name, argsHash: '' } },
    { type: 'answered', key, outcome: { type: 'ok', value: NOTHING }, by: 'ann' },
  ]
}

const MAIL: About = { kind: 'tool', class: 'write', name: 'mail' }
const FETCH: About = { kind: 'tool', class: 'read', name: 'fetch' }
const PUBLISH: About = { kind: 'tool', class: 'write', name: 'publish' }
const MODEL: About = { kind: 'model', class: 'read', name: 'scripted/clerk' }

const journalOf = (...effects: readonly (readonly FactBody[])[]) => {
  const born: FactBody = {
    type: 'born',
    kind: 'workflow',
    workflow: 'w',
    version: '1',
    codeDigest: 'd',
    input: NOTHING,
    root: PID,
    depth: 0,
    cap: { toolCalls: 9, modelCalls: 9 },
    strict: false,
    incarnation: 0,
  }
  const bodies = [born, ...effects.flat(), { type: 'ended', result: OK } as const]
  return { pid: PID, facts: bodies.map((body, seq): Fact => ({ ...body, v: FACT_VERSION, seq: asSeq(seq), at: 0 })) }
}
const asked = (tool: string, key: string, input: unknown, inert = false): readonly LedgerEntry[] =>
  (['begun', 'done'] as const).map((what) => ({ at: 0, run: 'r', what, tool, key, attempt: 1, input, inert }))
const prompt = (turn: number, digest = `p${turn}`): readonly LedgerEntry[] =>
  asked('clerk', MODEL_KEY, { turn, prompt: digest }, true)

const CALLS = [effect(MODEL), effect(MODEL, 1)]
const WORK = [effect(MAIL), effect(FETCH), [...approval(PUBLISH), ...effect(PUBLISH)]]
const MAILED = asked('mail', idOf(MAIL), { n: 1 })
const FETCHED = asked('fetch', idOf(FETCH), { n: 2 }, true)
const PUBLISHED = asked('publish', idOf(PUBLISH), { n: 3 })
const PROMPTS = [...prompt(0), ...prompt(1)]
const CLEAN: Evidence = {
  result: 'all',
  journals: [journalOf(...CALLS, ...WORK)],
  entries: [...MAILED, ...FETCHED, ...PUBLISHED, ...PROMPTS],
  approved: ['publish'],
}
const KINDS = ['lost', 'wrong', 'repeated', 'silent', 'skipped', 'unsound'] as const
const found = (verdict: Verdict): readonly string[] => KINDS.flatMap((kind) => verdict[kind])
const judged = (killed: Partial<Evidence>): Verdict => judgeRun({ ...CLEAN, ...killed }, CLEAN)

describe('the judge of a killed run', () => {
  it('finds nothing where all is well', () => {
    expect(found(judged({}))).toEqual([])
    expect(judged({}).effects).toBe(5)
  })

  it('lets a read and a model call be sent again whose journal shows both attempts', () => {
    const twice = (about: About): readonly FactBody[] => {
      const [intended, begun, ...rest] = effect(about)
      if (intended?.type !== 'intended' || begun?.type !== 'begun') return []
      return [
        intended,
        begun,
        { ...intended, attempt: 2 },
        { ...begun, attempt: 2 },
        ...rest.map((fact) => ({ ...fact, attempt: 2 }) as FactBody),
      ]
    }
    const { silent, repeated, wrong } = judged({
      journals: [journalOf(twice(MODEL), effect(MODEL, 1), effect(MAIL), twice(FETCH), ...WORK.slice(2))],
      entries: [...CLEAN.entries, ...FETCHED, ...prompt(0)],
    })
    expect([silent, repeated, wrong]).toEqual([[], [], []])
  })

  it.each<readonly [string, keyof Verdict, Partial<Evidence>, RegExp]>([
    [
      'a write that was left out',
      'lost',
      { journals: [journalOf(...CALLS, ...WORK.slice(1))], entries: [...FETCHED, ...PUBLISHED, ...PROMPTS] },
      /^lost: mail/,
    ],
    [
      'a read that journal and ledger lack',
      'lost',
      {
        journals: [journalOf(...CALLS, effect(MAIL), ...WORK.slice(2))],
        entries: [...MAILED, ...PUBLISHED, ...PROMPTS],
      },
      /^lost: fetch .* never read/,
    ],
    [
      'a model call that journal and ledger lack',
      'lost',
      {
        journals: [journalOf(effect(MODEL), ...WORK)],
        entries: [...MAILED, ...FETCHED, ...PUBLISHED, ...prompt(0)],
      },
      /^lost: the prompt clerk {"turn":1/,
    ],
    ['another result', 'wrong', { result: 'half' }, /^wrong: the result is "half"/],
    [
      'another prompt',
      'wrong',
      { entries: [...MAILED, ...FETCHED, ...PUBLISHED, ...prompt(0), ...prompt(1, 'other')] },
      /^wrong: the prompt clerk {"turn":1,"prompt":"other"}/,
    ],
    ['a write under two keys', 'repeated', { entries: [...CLEAN.entries, ...asked('mail', 'k', { n: 1 })] }, /2 times/],
    ['a write twice under one key', 'repeated', { entries: [...CLEAN.entries, ...MAILED] }, /executed 2 times/],
    ['a read repeated in silence', 'silent', { entries: [...CLEAN.entries, ...FETCHED] }, /^silent: p\/0\/0\/fetch/],
    [
      'a model call repeated in silence, though another one has attempts to spare',
      'silent',
      { journals: [journalOf(...CALLS, effect(MODEL, 2), ...WORK)], entries: [...CLEAN.entries, ...prompt(0)] },
      /^silent: clerk {"turn":0/,
    ],
    [
      'a write that only the journal has',
      'skipped',
      { entries: [...FETCHED, ...PUBLISHED, ...PROMPTS] },
      /^skipped: p\/0\/0\/mail/,
    ],
    [
      'a model call that only the journal has',
      'skipped',
      { entries: [...MAILED, ...FETCHED, ...PUBLISHED, ...prompt(0)] },
      /^skipped: p\/0\/0\/scripted\/clerk#1/,
    ],
    [
      'an approval passed over',
      'unsound',
      { journals: [journalOf(...CALLS, effect(MAIL), effect(FETCH), effect(PUBLISH))] },
      /^approval: p\/0\/0\/publish/,
    ],
    [
      'an approval that came too late',
      'unsound',
      { journals: [journalOf(...CALLS, effect(MAIL), effect(FETCH), [...effect(PUBLISH), ...approval(PUBLISH)])] },
      /^approval: p\/0\/0\/publish/,
    ],
    [
      'an effect that began without an intent',
      'unsound',
      {
        journals: [
          journalOf(...CALLS, ...WORK, [{ type: 'begun', key: asEffectKey('x#0'), attempt: 1, owner: asOwnerId('o') }]),
        ],
      },
      /./,
    ],
  ])('sees %s', (_, kind, killed, words) => {
    expect(judged(killed)[kind]).toEqual(expect.arrayContaining([expect.stringMatching(words)]))
  })
})
