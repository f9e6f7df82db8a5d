/** Starting a run, or finding the one that has this id already (same id, same run). */
import { randomBytes } from 'node:crypto'
import { relative } from 'node:path'
import { nodeHash } from '../../engine/index.ts'
import type { ProcessView } from '../../engine/index.ts'
import { capOf, checkNeeds, codeDigest, parse, payloadOf, valueOf } from '../../kernel/index.ts'
import type { AnyDefinition, Budget } from '../../kernel/index.ts'
import { asPid, canon, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { BORN_POLL_MS, RUN_ID_LENGTH_MAX } from '../limits.ts'
import type { Host } from './host.ts'

/** How to start a run. */
export type StartOptions = {
  /** Same id, same run: finished or resumed. Made when absent. */
  readonly id?: string | undefined
  readonly budget?: Budget | undefined
  readonly tenant?: string | undefined
  /** The file that holds the definition, so that any later command can load it. */
  readonly file?: string | undefined
}

/** What came of it: a new run, or one that was there. */
export type Started = { readonly pid: Pid; readonly created: boolean }

const ID_PATTERN = /^[A-Za-z0-9._~:-]+$/
const ID_BYTES = 4

/** Starts `definition`. Throws `ENGINE_LACKS`, `INPUT_INVALID`, `RUN_INPUT_DIFFERS`. */
export async function startRun(
  host: Host,
  definition: AnyDefinition,
  input: unknown,
  options: StartOptions,
): Promise<Started> {
  const pid = runId(definition, options.id)
  host.code.keep(definition)
  // A server says as fast to a start that it is there, unless input or needs are only good for one that is.
  const isAsked = host.engine.traits.nodes !== 'many' || definition.needs !== undefined
  const early = isAsked ? undefined : goodInput(definition, input)
  const existing = options.id === undefined || early !== undefined ? undefined : await host.engine.inspect(pid)
  if (existing !== undefined) return resume(host, definition, existing, input)
  checkNeeds(definition, host.engine.traits)
  const { parsed } = early ?? { parsed: parsedInput(definition, input) }
  host.ends.starting(pid)
  let isNew = false
  try {
    isNew = (
      await host.engine.start({
        pid,
        kind: definition.kind,
        workflow: definition.name,
        codeDigest: codeDigest(definition, nodeHash),
        input: payloadOf(parsed, 'ARGS_NOT_DATA'),
        root: pid,
        depth: 0,
        cap: capOf(options.budget ?? {}),
        strict: options.budget?.strict === true,
        ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
        ...(options.file === undefined ? {} : { file: relative(host.folder, options.file) }),
      })
    ).created
  } finally {
    if (!isNew) host.ends.notFresh(pid)
  }
  if (isNew) return { pid, created: true }
  return resume(host, definition, await viewOf(host, pid), input)
}

/** The pid of a run: its id, checked, or a new one. Throws `INPUT_INVALID`. */
export function runId(definition: AnyDefinition, id: string | undefined): Pid {
  return id === undefined ? asPid(`${definition.name}-${randomBytes(ID_BYTES).toString('hex')}`) : checkRunId(id)
}

/** An id that somebody chose, as a pid. Throws `INPUT_INVALID`. */
export function checkRunId(id: string): Pid {
  if (ID_PATTERN.test(id) && id.length <= RUN_ID_LENGTH_MAX) return asPid(id)
  throw new SkeinError(
    'INPUT_INVALID',
    `the id ${JSON.stringify(id)} cannot be used; write up to ${RUN_ID_LENGTH_MAX} letters, digits and . _ ~ : -`,
  )
}

function parsedInput(definition: AnyDefinition, input: unknown): unknown {
  return definition.input === undefined ? input : parse(definition.input, input, `the input of ${definition.name}`)
}

function goodInput(definition: AnyDefinition, input: unknown): { readonly parsed: unknown } | undefined {
  try {
    return { parsed: parsedInput(definition, input) }
  } catch {
    return undefined
  }
}

async function resume(
  host: Host,
  definition: AnyDefinition,
  { pid, parent, root, workflow, ...seen }: ProcessView,
  input: unknown,
): Promise<Started> {
  if (parent !== undefined)
    throw new SkeinError('INPUT_INVALID', `${pid} was started by ${parent}; run its root instead: ${root}`)
  if (workflow !== definition.name)
    throw new SkeinError(
      'RUN_INPUT_DIFFERS',
      `${pid} is a run of ${workflow}, not of ${definition.name}; choose another id`,
    )
  // Read only where there is something to compare with: a host that comes back finds hundreds of runs.
  const born = input === undefined ? undefined : await bornWith(host, pid)
  if (born !== undefined && born.erased !== true && !sameInput(definition, input, valueOf(born))) {
    throw new SkeinError(
      'RUN_INPUT_DIFFERS',
      `${pid} was started with another input; leave the input out to resume it, or choose another id`,
    )
  }
  if (seen.status === 'parked' && seen.parked?.code === 'CODE_ABSENT') await retryParked(host, pid)
  return { pid, created: false }
}

function sameInput(definition: AnyDefinition, input: unknown, recorded: unknown): boolean {
  const before = canon(recorded ?? null)
  return canon(input) === before || canon(parsedInput(definition, input) ?? null) === before
}

/** What the run was born with. One that was killed before its first fact is being born right now. */
async function bornWith(host: Host, pid: Pid): Promise<Parameters<typeof valueOf>[0] | undefined> {
  for (;;) {
    for await (const frame of host.engine.history(pid)) {
      const fact = frame.facts[0]
      if (fact?.type === 'born') return fact.input
      break
    }
    const { status } = await viewOf(host, pid)
    if (status !== 'ready' && status !== 'running') return undefined
    await new Promise((resolve) => setTimeout(resolve, BORN_POLL_MS))
  }
}

async function viewOf(host: Host, pid: Pid): Promise<ProcessView> {
  const view = await host.engine.inspect(pid)
  if (view === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps`)
  return view
}

/** A process that was parked for lack of code has it now: any control makes its engine look again. */
async function retryParked(host: Host, pid: Pid): Promise<void> {
  await host.engine.control(pid, {
    id: `retry-${randomBytes(ID_BYTES).toString('hex')}`,
    type: 'reopen',
    by: 'host',
  })
}
