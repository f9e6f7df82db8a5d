/**
 * One host: an engine, the kernel over it, the drivers, the code, and whoever waits for an end.
 *
 * Invariants:
 * 1. Everything unfinished in the store is taken over when the host begins, and drained when it is disposed.
 * 2. The order of disposal is the reverse of that of making: residents, engine, tripwire, code.
 */
import { LiveStreams, memoryStreams, nodeClock, nodeHash, nodeMacrotask, nodeRandom } from '../../engine/index.ts'
import type { Engine, StreamMedium } from '../../engine/index.ts'
import { createKernel, retentionMs } from '../../kernel/index.ts'
import type {
  Activation,
  Drivers,
  Kernel,
  KernelDeps,
  Macrotask,
  Outcome,
  Retention,
  Switches,
} from '../../kernel/index.ts'
import { modelDriver, readAnswer } from '../../model/index.ts'
import type { ModelsConfig } from '../../model/index.ts'
import { SkeinError, toSkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { stepDriver, toolDriver } from '../../tools/index.ts'
import type { TripwireMode } from '../tripwire/mode.ts'
import type { Tripwire } from '../tripwire/tripwire.ts'
import { LEAVING_PATIENCE_MS } from '../limits.ts'
import { writeNews } from '../live/live-news.ts'
import { Code } from './code.ts'
import { Ends } from './ends.ts'
import { News } from './news.ts'
import { keepRetention } from './retention.ts'

/** What a host is made of. */
export type HostParts = {
  /** Disposed with the host. */
  readonly engine: Engine & { readonly failed?: AbortSignal; readonly switchboard?: Switches }
  /** Where what processes say live is kept; in memory when absent. */
  readonly streams?: StreamMedium
  /** The data folder; remembered files are relative to it. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly models: ModelsConfig | undefined
  /** Of runs whose definition does not say; absent: for ever. */
  readonly retention?: Retention | undefined
  readonly tripwire: TripwireMode
  /** A line for whoever runs the host. */
  readonly warn: (line: string) => void
  readonly isOnEngine?: boolean
  /** False: `begin` begins nothing; workers elsewhere do. */
  readonly hosts?: boolean
  /** Stands in for drivers, in tests. */
  readonly drivers?: Partial<Drivers> | undefined
}

/** A running host. */
export interface Host extends AsyncDisposable {
  readonly engine: Engine
  /** Aborted when the store has failed. */
  readonly failed?: AbortSignal | undefined
  readonly code: Code
  readonly ends: Ends
  readonly news: News
  readonly streams: LiveStreams
  readonly folder: string
  /** Its processes are on a server, not in the folder. */
  readonly isOnEngine: boolean
}

/** A host before anything runs. */
export interface StartableHost extends Host {
  /** Takes over everything unfinished. */
  begin(): Promise<void>
}

/** Makes a host; nothing runs before `begin`, so that definitions can be registered first. */
export async function createHost(parts: HostParts): Promise<StartableHost> {
  const { engine, folder, warn } = parts
  const code = new Code({ hash: nodeHash, folder, warn })
  const ends = new Ends(engine, nodeClock)
  const news = new News()
  const streams = new LiveStreams(parts.streams ?? memoryStreams(), nodeClock)
  news.listen((said) => writeNews(streams, said))
  const guard = await bodyGuard(parts.tripwire, warn)
  const kernel = kernelOf(parts, { code, news, guard })
  const run = async (activation: Activation): Promise<void> => {
    await code.ready(activation.start)
    using _guarded = guard.resident(activation)
    using _held = news.hold(activation)
    ends.resident(activation.pid)
    let result: Outcome | undefined
    try {
      result = await kernel.run(activation)
    } finally {
      news.publish({ type: 'rested', pid: activation.pid })
      void ends.rested(activation.pid, result)
    }
  }
  engine.failed?.addEventListener('abort', () => ends.close(toSkeinError(engine.failed?.reason, 'STORE_FAILED')))
  let hosting: AsyncDisposable | undefined
  let sweeping: Disposable | undefined
  return {
    engine,
    failed: engine.failed,
    code,
    ends,
    news,
    streams,
    folder,
    isOnEngine: parts.isOnEngine === true,
    begin: async () => {
      if (parts.hosts === false) return
      hosting = await engine.host(run, { onParked: (pid) => void ends.rested(pid) })
      sweeping = retentionOf(parts, code)
    },
    [Symbol.asyncDispose]: async () => {
      sweeping?.[Symbol.dispose]()
      {
        using _ = sayIfSlow(warn)
        await hosting?.[Symbol.asyncDispose]()
      }
      ends.close(
        new SkeinError(
          'ENGINE_CLOSED',
          parts.isOnEngine === true
            ? 'this host is closed; the process goes on where its engine is hosted'
            : 'this host is closed; the process goes on when its data folder is opened again',
        ),
      )
      await streams[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
      guard[Symbol.dispose]()
      code[Symbol.dispose]()
    },
  }
}

/** The kernel with the drivers of this machine. */
function kernelOf(
  parts: HostParts,
  { code, news, guard }: { readonly code: Code; readonly news: News; readonly guard: BodyGuard },
): Kernel {
  const { engine, env, models } = parts
  return createKernel({
    clock: nodeClock,
    random: nodeRandom,
    hash: nodeHash,
    macrotask: guard.macrotask,
    drivers: {
      model: modelDriver({ env, models, clock: nodeClock, random: nodeRandom }),
      tool: toolDriver({ clock: nodeClock }),
      step: stepDriver({ clock: nodeClock }),
      ...parts.drivers,
    },
    code: code.registry,
    readAnswer,
    ...(engine.switchboard === undefined ? {} : { switches: engine.switchboard }),
    trace: news.publish,
    ...(guard.guardBody === undefined ? {} : { guardBody: guard.guardBody }),
  })
}

function retentionOf({ engine, streams, retention, warn }: HostParts, code: Code): Disposable {
  const defaultMs = retention === undefined ? undefined : retentionMs(retention)
  return keepRetention({ engine, streams, code: code.known, defaultMs, now: () => nodeClock.now() }, (thrown) =>
    warn(`retention: ${toSkeinError(thrown).message}`),
  )
}

/** Whoever has asked us to leave should know why it takes a while. */
function sayIfSlow(warn: (line: string) => void): Disposable {
  return nodeClock.timer(LEAVING_PATIENCE_MS, () =>
    warn('waiting for a write in flight to end, so that its outcome is known'),
  )
}

type BodyGuard = Disposable & {
  readonly macrotask: Macrotask
  readonly guardBody: KernelDeps['guardBody']
  /** Knows the name of a resident process's workflow, for reports. */
  resident(activation: Activation): Disposable
}

/** The tripwire between kernel and macrotasks: up when a workflow's stretch begins, down when its microtasks have run. */
async function bodyGuard(mode: TripwireMode, warn: (line: string) => void): Promise<BodyGuard> {
  const macrotask = nodeMacrotask()
  const nothing: Disposable = { [Symbol.dispose]: () => undefined }
  if (mode === 'off') return { macrotask, guardBody: undefined, resident: () => nothing, ...nothing }
  const { tripwire } = await import('../tripwire/tripwire.ts')
  const wire: Tripwire = tripwire(mode, warn)
  const workflows = new Map<Pid, string>()
  return {
    macrotask: (deliver, drained) =>
      macrotask(deliver, () => {
        wire.leave()
        drained()
      }),
    guardBody: (pid, run) => {
      const workflow = workflows.get(pid)
      if (workflow !== undefined) wire.enter(workflow)
      return run()
    },
    resident: ({ pid, start }) => {
      if (start.kind !== 'workflow') return nothing
      workflows.set(pid, start.workflow)
      return { [Symbol.dispose]: () => void workflows.delete(pid) }
    },
    [Symbol.dispose]: () => wire[Symbol.dispose](),
  }
}
