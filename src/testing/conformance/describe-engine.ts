/** The conformance suite of the engine port: every rule of the port is a test with its name. */
import type { Engine } from '../../engine/index.ts'
import { CHILD_RULES } from './rules/children.ts'
import { EFFECT_RULES } from './rules/effects.ts'
import { JOURNAL_RULES } from './rules/journal.ts'
import { MESSAGE_RULES } from './rules/messages.ts'
import { TURN_RULES } from './rules/turns.ts'
import { VIEW_RULES } from './rules/views.ts'
import { Puppet } from './puppet.ts'
import type { EngineRig, OpenRig } from './engine-rig.ts'

/** One rule of the port, and how it is seen. */
export type EngineRule = {
  readonly rule: string
  readonly title: string
  /** What the rig must be able to do. */
  readonly needs?: 'usurp' | 'failNextCommit'
  readonly check: (stage: EngineStage) => Promise<void>
}

/** An engine that is open and hosted, with the puppet in the kernel's place. */
export type EngineStage = {
  readonly rig: EngineRig
  readonly puppet: Puppet
  readonly engine: Engine
  /** Another owner over what this one left: after `crash`, or after closing it in order. */
  reopen(how: 'crash' | 'close'): Promise<EngineStage>
}

/** The test functions of whichever runner is used: vitest, jest, node:test. */
export type TestRunner = {
  readonly describe: (name: string, define: () => void) => void
  readonly it: (name: string, run: () => Promise<void>) => void
}

/** A rule that an engine does not keep, and why. */
export type Skip = { readonly rule: string; readonly reason: string }

/** All rules of the port. */
export const ENGINE_RULES: readonly EngineRule[] = [
  ...JOURNAL_RULES,
  ...EFFECT_RULES,
  ...TURN_RULES,
  ...MESSAGE_RULES,
  ...CHILD_RULES,
  ...VIEW_RULES,
]

/** Declares the suite for one engine. Rules in `skip` are listed in the output with their reasons. */
export function describeEngine(
  name: string,
  open: OpenRig,
  { describe, it, skip = [] }: TestRunner & { readonly skip?: readonly Skip[] },
): void {
  const skipped = (rule: EngineRule): Skip | undefined =>
    skip.find((one) => one.rule === rule.rule || one.rule === `${rule.rule}: ${rule.title}`)
  describe(`engine: ${name}`, () => {
    for (const rule of ENGINE_RULES) {
      const reason = skipped(rule)?.reason
      if (reason === undefined) it(`${rule.rule}: ${rule.title}`, () => open((rig) => checkRule(rig, rule)))
      else it(`${rule.rule}: ${rule.title} [skipped: ${reason}]`, async () => {})
    }
    it(`${skip.length} rules are skipped, each with a reason`, async () => {
      for (const { rule, reason } of skip) console.log(`engine ${name} skips ${rule} (${reason})`)
      const known = ENGINE_RULES.flatMap((rule) => [rule.rule, `${rule.rule}: ${rule.title}`])
      const odd = skip.filter((one) => !known.includes(one.rule))
      if (odd.length > 0) throw new Error(`no such rule: ${odd.map((one) => one.rule).join(', ')}`)
    })
  })
}

async function checkRule(rig: EngineRig, rule: EngineRule): Promise<void> {
  if (rule.needs !== undefined && rig[rule.needs] === undefined)
    throw new Error(`the rig cannot ${rule.needs}; implement it, or skip ${rule.rule} with the reason`)
  await rule.check(await stageOf(rig))
}

async function stageOf(rig: EngineRig): Promise<EngineStage> {
  const engine = await rig.open()
  const puppet = new Puppet()
  await engine.host(puppet.run)
  return {
    rig,
    puppet,
    engine,
    async reopen(how) {
      if (how === 'crash') await rig.crash()
      else await engine[Symbol.asyncDispose]()
      return stageOf(rig)
    },
  }
}
