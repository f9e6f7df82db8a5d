/** The conformance suite of the engine port: every rule of the port is a test with its name. */
import assert from 'node:assert/strict'
import { stageOf } from './engine-stage.ts'
import type { EngineRule } from './engine-stage.ts'
import type { EngineRig, OpenRig } from './engine-rig.ts'
import { CHILD_RULES } from './rules/children.ts'
import { EFFECT_RULES } from './rules/effects.ts'
import { FORK_RULES } from './rules/forks.ts'
import { ERASURE_RULES } from './rules/erasure.ts'
import { HOST_RULES } from './rules/hosts.ts'
import { JOURNAL_RULES } from './rules/journal.ts'
import { MESSAGE_RULES } from './rules/messages.ts'
import { SETTLEMENT_RULES } from './rules/settlements.ts'
import { QUARANTINE_RULES } from './rules/quarantine.ts'
import { TURN_RULES } from './rules/turns.ts'
import { VIEW_RULES } from './rules/views.ts'
import { WAKE_RULES } from './rules/wakes.ts'

/** The test functions of whichever runner is used: vitest, jest, node:test. */
export type TestRunner = {
  readonly describe: (name: string, define: () => void) => void
  readonly it: TestFunction & { readonly skip: TestFunction }
}

type TestFunction = (name: string, run: () => Promise<void>) => void

/** A rule that an engine does not keep, and why. */
export type Skip = { readonly rule: string; readonly reason: string }

/** All rules of the port. */
export const ENGINE_RULES: readonly EngineRule[] = [
  ...JOURNAL_RULES,
  ...EFFECT_RULES,
  ...TURN_RULES,
  ...WAKE_RULES,
  ...HOST_RULES,
  ...ERASURE_RULES,
  ...QUARANTINE_RULES,
  ...MESSAGE_RULES,
  ...SETTLEMENT_RULES,
  ...CHILD_RULES,
  ...FORK_RULES,
  ...VIEW_RULES,
]

const nameOf = ({ rule, title }: EngineRule): string => `${rule}: ${title}`

/** Declares the suite for one engine. Rules in `skip` are listed in the output with their reasons. */
export function describeEngine(
  name: string,
  open: OpenRig,
  { describe, it, skip = [] }: TestRunner & { readonly skip?: readonly Skip[] },
): void {
  describe(`engine: ${name}`, () => {
    for (const rule of ENGINE_RULES) {
      const skipped = skip.find((one) => one.rule === rule.rule || one.rule === nameOf(rule))
      if (skipped === undefined) it(nameOf(rule), () => open((rig) => checkRule(rig, rule)))
      else it.skip(`${nameOf(rule)} [${skipped.reason}]`, async () => {})
    }
    it(`${skip.length} rules are skipped, each with a reason`, async () => {
      for (const { rule, reason } of skip) console.log(`engine ${name} skips ${rule} (${reason})`)
      const known = ENGINE_RULES.flatMap((rule) => [rule.rule, nameOf(rule)])
      const odd = skip.filter(({ rule, reason }) => !known.includes(rule) || reason.trim() === '')
      if (odd.length > 0) throw new Error(`no such rule, or no reason: ${odd.map((one) => one.rule).join(', ')}`)
    })
  })
}

async function checkRule(rig: EngineRig, rule: EngineRule): Promise<void> {
  if (rule.needs !== undefined && rig[rule.needs] === undefined)
    throw new Error(`the rig cannot ${rule.needs}; implement it, or skip ${rule.rule} with the reason`)
  await rule.check(await stageOf(rig))
  assert.deepEqual((await rig.offences?.()) ?? [], [], 'J1: every journal verifies')
}
