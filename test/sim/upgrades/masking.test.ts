/** Masked journals of random programs: nothing of what was said is in them, and code tried against them says the same. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nodeHash, nodeMacrotask } from '../../../src/engine/index.ts'
import { maskJournal, Pseudonyms, tryCode } from '../../../src/kernel/index.ts'
import type { CodeRegistry, Fact, MaskedJournal } from '../../../src/kernel/index.ts'
import { bornOf, simulate } from '../../../src/testing/index.ts'
import type { Journal } from '../../../src/testing/index.ts'
import { readAnswer } from '../../../src/model/index.ts'
import { asPid } from '../../../src/std/index.ts'
import { PATIENT, programTools } from '../program/interpreter.ts'
import { play } from '../program/play.ts'
import { onlySeed, seedsOfRun } from '../program/seeds.ts'
import { playEdit } from './play-edit.ts'
import { versionOf } from './program.ts'

/** Of the seeds of a run: each journal is masked three times. */
const SHARE = 0.03
const EDITS_SHARE = 0.05
/** Shorter ones may be alike by chance. */
const TELLING = /[\p{L}\p{N}]{10,}/u

const ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }
/** The programs branch on the words of their grammar. */
const sources = ['interpreter.ts', 'grammar.ts', 'rich-grammar.ts'].map((file) =>
  readFileSync(new URL(`../program/${file}`, import.meta.url), 'utf8'),
)

/** The open segment, as it was at some time. */
function openSegment({ facts }: Journal, length: number): readonly Fact[] {
  const known = facts.slice(0, length).filter(({ type }) => type !== 'ended')
  const at = known.findLastIndex(({ type }) => type === 'snapshot')
  return at < 0 ? known : [...known.slice(0, 1), ...known.slice(at)]
}

const strings = (text: string): string[] => (TELLING.test(text) ? [text] : [])

/** Every string of the facts that nobody could have guessed. */
function saidIn(value: unknown): string[] {
  if (typeof value === 'string') {
    try {
      const inner: unknown = JSON.parse(value)
      return typeof inner === 'string' ? strings(inner) : saidIn(inner)
    } catch {
      // No JSON: a string as it is.
    }
    return strings(value)
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(saidIn) : []
}

function payloadsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { text } = value as { readonly text?: unknown }
  return [...(typeof text === 'string' ? saidIn(text) : []), ...Object.values(value).flatMap(payloadsOf)]
}

const tally = new Map<string, number>()
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)

async function masked(journal: Journal, registry: CodeRegistry): Promise<readonly string[]> {
  const born = bornOf(journal.facts)
  const definition = born === undefined ? undefined : registry.exact(born.workflow, born.codeDigest)
  const offences: string[] = []
  if (definition === undefined) return offences
  for (const share of [0.5, 0.8, 1]) {
    const facts = openSegment(journal, Math.max(1, Math.ceil(journal.facts.length * share)))
    const pseudonyms = new Pseudonyms(`secret ${journal.pid}`, nodeHash)
    const result: MaskedJournal = await maskJournal({ pid: journal.pid, facts, definition, sources }, pseudonyms, ports)
    count(result.ok ? `masked ${definition.kind}` : `${definition.kind}: ${result.why}`)
    if (!result.ok) continue
    const text = JSON.stringify(result.facts)
    const code = [...sources, definition.source].join('\n')
    for (const said of new Set(payloadsOf(facts)))
      if (!code.includes(said) && text.includes(said)) offences.push(`masked journal of ${journal.pid} says ${said}`)
    const report = await tryCode({ pid: result.pid, facts: result.facts, definition }, ports)
    if (report.outcome !== 'identical') offences.push(`masked journal of ${journal.pid} is ${report.outcome}`)
  }
  return offences
}

describe('masked journals of random programs', () => {
  it('hold no string that was said, and are identical under unchanged code', async () => {
    const offences: string[] = []
    for (const seed of seedsOfRun(SHARE))
      offences.push(
        ...(await play(seed, 'by seed', { holds: masked })).offences.map((offence) => `${seed}: ${offence}`),
      )
    console.log(`masking: ${[...tally].map(([what, n]) => `${n} ${what}`).join(', ')}`)
    expect(onlySeed ?? tally.get('masked workflow')).toBeGreaterThanOrEqual(1)
    expect(offences).toEqual([])
  })

  it('random edits come to the same as against the journals themselves', async () => {
    const offences: string[] = []
    for (const seed of seedsOfRun(EDITS_SHARE)) {
      const { before, after, facts: all } = await playEdit(seed)
      const moved = all.findIndex(({ type }) => type === 'adopted' || type === 'ended')
      const facts = moved < 0 ? all : all.slice(0, moved)
      const tools = await simulate({ seed }, async ({ world }) => programTools(world, PATIENT))
      const [old, edited] = [versionOf(tools, before, '1'), versionOf(tools, after, '2')]
      const pseudonyms = new Pseudonyms(`secret ${seed}`, nodeHash)
      const result = await maskJournal({ pid: asPid('p'), facts, definition: old, sources: [] }, pseudonyms, ports)
      if (!result.ok) continue
      const [real, tried] = await Promise.all(
        [facts, result.facts].map((journal) => tryCode({ pid: asPid('p'), facts: journal, definition: edited }, ports)),
      )
      if (real?.outcome !== tried?.outcome || real?.hits !== tried?.hits)
        offences.push(`${seed}: ${real?.outcome}, and masked ${tried?.outcome}`)
    }
    expect(offences).toEqual([])
  })
})
