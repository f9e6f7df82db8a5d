/** Tries code against a journal, anywhere: before a deploy, or before an operator asks for the move. */
import { asEpoch, asOwnerId, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { codeDigest, createRegistry } from '../definitions/registry.ts'
import type { Fact, FactOf, WriteVerdict } from '../journal/facts.ts'
import type { Activation } from '../ports/activation.ts'
import type { Driver } from '../ports/driver.ts'
import type { KernelDeps } from '../ports/host.ts'
import { ProcessState } from '../processes/process-state.ts'
import { dryReplay } from './dry-replay.ts'
import type { UpgradeReport } from './report.ts'

/** A journal, and the code to try. */
export type Trial = {
  readonly pid: Pid
  /** From the birth on, or the birth and the open segment. */
  readonly facts: readonly Fact[]
  readonly definition: AnyDefinition
  readonly verdicts?: readonly WriteVerdict[]
}

/** What trying needs of its host. */
export type TrialPorts = Pick<KernelDeps, 'hash' | 'macrotask' | 'readAnswer'>

/** Reports what the code would make of the process. Throws where the facts are no journal. */
export async function tryCode(
  { pid, facts, definition, verdicts = [] }: Trial,
  ports: TrialPorts,
): Promise<UpgradeReport> {
  const state = new ProcessState()
  for (const fact of facts) state.apply(fact)
  if (state.born === undefined)
    throw new SkeinError('DATA_FOLDER_CORRUPT', `the journal of ${pid} does not begin with its birth; read it again`)
  const digest = codeDigest(definition, ports.hash)
  const deps = idleDeps(ports)
  const act = restingActivation(pid, state.born, facts)
  const { report } = await dryReplay({ act, deps, state, definition, codeDigest: digest, verdicts })
  return report
}

/** What a kernel needs, with nothing behind it. */
export function idleDeps({ hash, macrotask, readAnswer }: TrialPorts): KernelDeps {
  const idle: Driver<never> = {
    concurrencyMax: 1,
    reserve: () => ({}),
    perform: () => Promise.reject(new SkeinError('INTERNAL', 'a dry replay performs nothing')),
  }
  return {
    clock: { now: () => 0, monotonicMs: () => 0, timer: () => ({ [Symbol.dispose]: () => undefined }) },
    random: { next: () => 0, hex: () => '' },
    hash,
    macrotask,
    drivers: { model: idle, tool: idle, step: idle },
    code: createRegistry(hash),
    readAnswer,
    trace: () => undefined,
  }
}

/** An activation of a process that nothing can be done with. */
export function restingActivation(pid: Pid, born: FactOf<'born'>, facts: readonly Fact[]): Activation {
  const { kind, workflow, input, root, depth, cap, strict, parent } = born
  const rests = (): never => {
    throw new SkeinError('INTERNAL', 'a dry replay does nothing')
  }
  return {
    pid,
    epoch: asEpoch(0),
    owner: asOwnerId('dry'),
    start: { pid, kind, workflow, input, root, depth, cap, strict, ...(parent === undefined ? {} : { parent }) },
    facts,
    ownerDeath: 'known',
    signal: new AbortController().signal,
    next: rests,
    decide: rests,
    perform: rests,
    abort: rests,
    putBack: rests,
    frame: rests,
    commit: rests,
  }
}
