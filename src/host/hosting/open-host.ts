/** Takes a data folder and hosts everything unfinished in it. */
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from '../../engine/index.ts'
import type { Engine } from '../../engine/index.ts'
import type { AnyDefinition, Retention } from '../../kernel/index.ts'
import type { ModelsConfig } from '../../model/index.ts'
import { durationMs } from '../../std/index.ts'
import type { Duration, Pid } from '../../std/index.ts'
import { streamsOf } from '../live/folder-streams.ts'
import { checkConcurrency, dataFolder, loadConfig } from '../config/config.ts'
import { BRIEF_OWNER_MS } from '../limits.ts'
import { createHost } from './host.ts'
import type { Host, StartableHost } from './host.ts'
import { tripwireMode } from '../tripwire/mode.ts'

/** How to open a data folder. */
export type OpenOptions = {
  /** Default: `data` of skein.config, else `.skein`. */
  readonly data?: string
  /** What this program can run; whatever else its modules define is known by name as well. */
  readonly workflows?: readonly AnyDefinition[]
  /** Default: `models` of skein.config; `OPENAI_API_KEY` and `OPENAI_BASE_URL` always work. */
  readonly models?: ModelsConfig
  /** How long what a run was given and gave is kept after its end; default: `retention` of skein.config, else for ever. */
  readonly retention?: Retention
  /** Beside another owner: fail (default), wait until it leaves, or wait at most that long. */
  readonly wait?: boolean | Duration
  /**
   * For servers: asks the server before to hand over and waits for it (unless `wait` says otherwise), and leaves itself,
   * with nothing in the air, when its successor asks or at SIGTERM and SIGINT. `skein.closed` tells when it has left.
   */
  readonly handOver?: boolean
  /** An engine of your own instead of the embedded one; it is disposed with the rest. */
  readonly engine?: Engine
}

/** What the command line opens, with more to say than `open()`. */
export type HostOptions = OpenOptions & {
  readonly signal?: AbortSignal
  /** Called before anything runs. */
  readonly prepare?: (host: Host) => void
  /** False: the caller begins it. */
  readonly begin?: boolean
  /** False: others run the processes of the engine, and this one only starts and follows some. */
  readonly hosts?: boolean
  /** Takes lines for whoever runs the program; standard error when absent. */
  readonly warn?: (line: string) => void
  /** A successor asks for the folder. */
  readonly onHandOver?: () => void
}

/** A host over a data folder. */
export async function openHost(options: HostOptions): Promise<StartableHost> {
  const cwd = process.cwd()
  const config =
    options.data === undefined || options.models === undefined || options.retention === undefined
      ? await loadConfig(cwd)
      : {}
  checkConcurrency(options.models ?? {}, 'models')
  const folder = dataFolder(options.data, config, cwd)
  const mode = tripwireMode(process.env)
  // Somebody may ask as soon as the folder is ours.
  const made = Promise.withResolvers<StartableHost>()
  const forget = async (pid: Pid) => (await made.promise).streams.remove(pid)
  const engine = options.engine ?? (await openFolder(folder, { ...options, forget }))
  const host = await createHost({
    engine,
    folder,
    ...(options.engine === undefined ? { streams: streamsOf(folder, options.warn ?? warn) } : {}),
    env: process.env,
    models: options.models ?? config.models,
    retention: options.retention ?? config.retention,
    tripwire: mode,
    warn: options.warn ?? warn,
    hosts: options.hosts !== false,
    isOnEngine: options.engine !== undefined,
  })
  made.resolve(host)
  try {
    for (const definition of options.workflows ?? []) host.code.register(definition)
    options.prepare?.(host)
    if (options.begin !== false) await host.begin()
    return host
  } catch (thrown) {
    await host[Symbol.asyncDispose]()
    throw thrown
  }
}

function openFolder(
  folder: string,
  options: HostOptions & { readonly forget: (pid: Pid) => Promise<void> },
): Promise<Engine> {
  const { handOver = false, wait = handOver, signal, onHandOver, forget } = options
  const waitMs = wait === true ? Number.POSITIVE_INFINITY : wait === false ? BRIEF_OWNER_MS : durationMs(wait)
  return openEmbedded({
    folder,
    clock: nodeClock,
    random: nodeRandom,
    hash: nodeHash,
    waitMs,
    askToLeave: handOver,
    forget,
    ...(onHandOver === undefined ? {} : { onHandOver }),
    ...(signal === undefined ? {} : { signal }),
  })
}

function warn(line: string): void {
  process.stderr.write(`skein: ${line}\n`)
}
