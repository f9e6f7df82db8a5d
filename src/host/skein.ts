/** `Skein`: a data folder opened in this program, and the handles of its runs. */
import { backupFolder, nodeClock } from '../engine/index.ts'
import type { BackupNote, Change, Engine, LiveRead, ProcessView, Query, Switch } from '../engine/index.ts'
import { assert, errorFromData, SkeinError, unreachable } from '../std/index.ts'
import type { Pid } from '../std/index.ts'
import { failureOf, valueOf } from '../kernel/index.ts'
import type {
  AnyDefinition,
  Budget,
  DefinitionInput,
  DefinitionOutput,
  Outcome,
  Quarantine,
  UpgradeReport,
  Usage,
} from '../kernel/index.ts'
import { forkOrder, startFork } from './hosting/fork.ts'
import type { ForkSettings } from './hosting/fork.ts'
import type { Host } from './hosting/host.ts'
import { startRun } from './hosting/start.ts'
import type { Closing } from './hosting/tenure.ts'
import {
  answerQuestion,
  cancelProcess,
  decideApproval,
  resolveEffect,
  sendMessage,
  settleEffect,
  topUpProcess,
} from './operate/acts.ts'
import type { Letter, PendingOutcome, Resolution } from './operate/acts.ts'
import type { BulkResult } from './operate/bulk.ts'
import { actOnAll } from './operate/bulk-acts.ts'
import type { BulkAct } from './operate/bulk-acts.ts'
import { eraseRun } from './operate/erase.ts'
import type { ErasedRun } from './operate/erase.ts'
import { findProcess } from './operate/find.ts'
import { findStuck } from './operate/stuck.ts'
import type { Stuck } from './views/stuck.ts'
import { upgradeProcess } from './operate/upgrade.ts'
import type { UpgradeVerdicts } from './operate/upgrade.ts'
import { commandFor } from './words/command.ts'
import { pauseTarget, resumeTarget } from './operate/switch.ts'
import type { Switched } from './operate/switch.ts'
import { planRetry, retryProcess } from './operate/retry.ts'
import type { RetryOptions, RetryPlan } from './operate/retry.ts'
import { diffRuns } from './views/diff.ts'
import type { RunDiff } from './views/diff.ts'
import { isEnded } from './views/rest.ts'
import { releaseFolder } from './operate/release.ts'
import type { Released } from './operate/release.ts'
import { runFigures } from './views/usage.ts'
import type { Step } from './views/usage.ts'

/** Who acts, as it will stand in the journal. */
export type By = { readonly by?: string; readonly reason?: string }

/** How to start a run. */
export type RunSettings = {
  /** Same id, same run: finished or resumed. Made when absent. */
  readonly id?: string
  /** What the run and all below it may use. */
  readonly budget?: Budget
  /** Whose it is: what is switched off for a tenant is so for all its runs. */
  readonly tenant?: string
}

/** A run that was started or found. */
export interface RunHandle<Output = unknown> {
  readonly id: string
  /** False when the id was there already. */
  readonly created: boolean
  /** Its value. Rejects with the error it failed with, or why it is parked. */
  result(): Promise<Output>
  status(): Promise<ProcessView['status']>
  cancel(reason?: string): Promise<void>
  /** Tokens of all model calls of the run so far. */
  usage(): Promise<Usage>
  /** Its model calls so far, with their tools. */
  steps(): Promise<readonly Step[]>
  /** US dollars spent so far; what was booked as lost in crashes counts. */
  cost(): Promise<number>
}

/** A data folder that this program owns; everything unfinished in it goes on. Dispose it to drain. */
export interface Skein extends AsyncDisposable {
  /** Resolves when the folder was left, by `handOver` or by disposing; rejects when its store has failed. */
  readonly closed: Promise<void>
  /** Starts a run, or finds the one with this id. Durable when it resolves. */
  start<D extends AnyDefinition>(
    definition: D,
    input?: DefinitionInput<D>,
    settings?: RunSettings,
  ): Promise<RunHandle<DefinitionOutput<D>>>
  /** `start` and wait for the value. */
  run<D extends AnyDefinition>(
    definition: D,
    input?: DefinitionInput<D>,
    settings?: RunSettings,
  ): Promise<DefinitionOutput<D>>
  /** Starts a run that begins with what another process knew at some point. Durable when it resolves. */
  fork<Output = unknown>(id: string, settings?: ForkSettings): Promise<RunHandle<Output>>
  /** Two runs effect by effect, children included. */
  diff(a: string, b: string): Promise<RunDiff>
  /** The value of a run, whenever it ends. */
  result(id: string): Promise<unknown>
  inspect(id: string): Promise<ProcessView | undefined>
  list(query?: Query): AsyncIterable<ProcessView>
  /**
   * What a process says while it runs (model text as it comes, `ctx.emit`, progress), from its beginning or from any offset,
   * also after it has ended. Leaving it cancels nothing. For eyes, not evidence: bounded, and what is gone is a `gap`.
   */
  stream(id: string, options?: { readonly from?: number; readonly signal?: AbortSignal }): AsyncIterable<LiveRead>
  watch(query: Query, signal: AbortSignal): AsyncIterable<Change>
  /** Allows an effect that waits for approval, by its name `<pid>/<name>`. */
  approve(effect: string, about?: By): Promise<void>
  deny(effect: string, about?: By): Promise<void>
  /** Answers `ctx.ask`, or fulfils `ctx.promise`. */
  answer(effect: string, value: unknown, about?: By): Promise<void>
  send(id: string, body: unknown, about?: Omit<Letter, 'body'>): Promise<void>
  cancel(id: string, about?: By): Promise<void>
  /** Goes on with a failed run from what it failed by, or looks at a parked one again. Throws `RETRY_REFUSED`. */
  retry(id: string, options?: RetryOptions & By): Promise<RetryPlan>
  /** What `retry` would do. */
  planRetry(id: string, options?: RetryOptions): Promise<RetryPlan>
  /** What cannot go on by itself, with the cause and the mend. */
  stuck(options?: { readonly times?: number }): Promise<readonly Stuck[]>
  /**
   * Switches off `agent:NAME`, `workflow:NAME`, `tool:NAME`, `tenant:NAME` or a process by its id, with all below it: nothing
   * new is decided there, also after a restart. Durable and heard when it resolves.
   */
  pause(target: string, options?: By & { readonly now?: boolean }): Promise<Switched>
  /** Switches it on again. */
  resume(target: string, about?: By): Promise<Switched>
  switches(): Promise<readonly Switch[]>
  /** Acts on all that a filter means, `status=failed,older=1h`; what became of each. Without `go` nothing is done. */
  bulk(act: BulkAct, where: string, about?: By & { readonly go?: boolean }): Promise<readonly BulkResult[]>
  /** Says what became of an effect with an unknown outcome. */
  resolve(effect: string, resolution: Resolution, about?: By): Promise<void>
  /**
   * Settles a pending effect by its token, or by its name `<pid>/<name>`; `{ token }` for tokens that look like names.
   * Once: what comes a second time is a `duplicate`. What comes before its effect waits is `held` for it.
   */
  settle(
    effectOrToken: string | { readonly token: string },
    outcome: PendingOutcome,
    about?: By,
  ): Promise<'queued' | 'duplicate' | 'held'>
  /** Writes a backup of the folder, as it is at this moment, as the new folder `to`. */
  backup(to: string): Promise<BackupNote>
  /** What this folder was restored from, until it is released. */
  readonly quarantine: Quarantine | undefined
  /** Ends the quarantine of a restored folder: every write that waits for it is done. */
  release(about?: By): Promise<Released>
  /** Erases what a run that has ended was given, did and gave, or one effect of it (`<pid>/<name>`). */
  erase(what: string, about?: By & { readonly cancel?: boolean }): Promise<ErasedRun>
  /** Raises the budget of a process. */
  topUp(id: string, budget: Budget, about?: By): Promise<void>
  /** Moves a run to this program's code of `definition`, if it can go on from what was done; says what it found. */
  upgrade(id: string, definition: AnyDefinition, verdicts?: UpgradeVerdicts, about?: By): Promise<UpgradeReport>
}

const BY_DEFAULT = 'this program'

/** What the value of an erased run is. */
export function runErased(): SkeinError {
  return new SkeinError('RUN_ERASED', 'the run has ended, and what it gave was erased; start another one with a new id')
}

/** The value of an outcome. Throws its error. */
export function valueOfOutcome(outcome: Outcome): unknown {
  switch (outcome.type) {
    case 'ok':
      if (outcome.value.erased === true) throw runErased()
      return valueOf(outcome.value)
    case 'error':
    case 'cancelled':
    case 'unknown': {
      const failure = failureOf(outcome)
      throw errorFromData(failure ?? { code: 'INTERNAL', message: 'failed without an error', retryable: false })
    }
    default:
      return unreachable(outcome, 'outcome')
  }
}

/** The facade over a host. */
export function skeinOf(host: Host, { close, closed, data }: Closing & { readonly data?: string | undefined }): Skein {
  const command = commandFor(data)
  const { engine } = host
  const by = (about: By | undefined): { readonly by: string; readonly reason?: string | undefined } => ({
    by: about?.by ?? BY_DEFAULT,
    reason: about?.reason,
  })
  const start: Skein['start'] = async (definition, input, settings = {}) => {
    const { pid, created } = await startRun(host, definition, input, settings)
    return handleOf(host, pid, created)
  }
  return {
    start,
    run: async (definition, input, settings) => (await start(definition, input, settings)).result(),
    fork: async (id, settings = {}) => {
      const { pid, created } = await startFork(engine, await forkOrder(engine, id, settings))
      return handleOf(host, pid, created)
    },
    diff: (a, b) => diffRuns(engine, a, b),
    result: async (id) => valueOfOutcome(await host.ends.outcome(await findProcess(engine, id))),
    inspect: async (id) => engine.inspect(id as Pid),
    list: (query = {}) => engine.list(query),
    stream: (id, options = {}) => streamOf(host, id, options),
    watch: (query, signal) => engine.watch(query, signal),
    approve: async (effect, about) => void (await decideApproval(engine, effect, 'approved', by(about))),
    deny: async (effect, about) => void (await decideApproval(engine, effect, 'denied', by(about))),
    answer: async (effect, value, about) => void (await answerQuestion(engine, effect, value, by(about).by)),
    send: async (id, body, about = {}) => void (await sendMessage(engine, id, { ...about, body })),
    cancel: async (id, about) => void (await cancelProcess(engine, id, by(about))),
    retry: (id, options = {}) => retryProcess(engine, id, { ...options, by: by(options).by, hosted: true }),
    planRetry: (id, options) => planRetry(engine, id, options),
    stuck: (options = {}) => findStuck(engine, { ...options, command, isHosted: true, isOnWorkers: host.isOnEngine }),
    pause: (target, options = {}) => pauseTarget(engine, target, { ...options, ...by(options) }),
    resume: (target, about) => resumeTarget(engine, target, by(about).by),
    switches: () => engine.switches(),
    bulk: (act, where, about) => actOnAll(engine, act, where, { ...by(about), go: about?.go === true }),
    resolve: async (effect, resolution, about) => void (await resolveEffect(engine, effect, resolution, by(about).by)),
    settle: async (target, outcome, about) => (await settleEffect(engine, target, outcome, by(about).by)).result,
    backup: (to) => backupFolder(host.folder, to, nodeClock),
    get quarantine() {
      return engine.quarantine
    },
    release: (about) => releaseFolder(engine, by(about).by),
    erase: (what, about) =>
      eraseRun(engine, what, {
        by: by(about).by,
        cancel: about?.cancel === true,
        hosted: true,
        streams: host.streams,
      }),
    upgrade: async (id, definition, said = {}, about = {}) => {
      host.code.register(definition)
      return (await upgradeProcess(engine, id, definition, { said, by: by(about).by, isDry: false })).report
    },
    topUp: async (id, budget, about) => void (await topUpProcess(engine, id, budget, by(about).by)),
    closed,
    [Symbol.asyncDispose]: close,
  }
}

async function* streamOf(
  host: Host,
  id: string,
  options: { readonly from?: number; readonly signal?: AbortSignal },
): AsyncGenerator<LiveRead> {
  const pid = await findProcess(host.engine, id)
  const isOver = async (): Promise<boolean> => isEnded((await view(host.engine, pid)).status)
  yield* host.streams.follow(pid, { ...options, isOver })
}

function handleOf<Output>(host: Host, pid: Pid, created: boolean): RunHandle<Output> {
  const { engine } = host
  return {
    id: pid,
    created,
    result: async () => valueOfOutcome(await host.ends.outcome(pid)) as Output,
    status: async () => (await view(engine, pid)).status,
    cancel: async (reason) => void (await cancelProcess(engine, pid, { by: BY_DEFAULT, reason })),
    usage: async () => (await runFigures(engine, pid)).usage,
    steps: async () => (await runFigures(engine, pid)).steps,
    cost: async () => (await runFigures(engine, pid)).costUsd,
  }
}

async function view(engine: Engine, pid: Pid): Promise<ProcessView> {
  const found = await engine.inspect(pid)
  assert(found !== undefined, 'a run that was started is there')
  return found
}
