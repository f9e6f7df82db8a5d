/**
 * What holds for the whole installation, as this worker knows it.
 *
 * Invariants:
 * 1. It is at most `SWITCHES_FRESH_MS` old when an activation begins; whoever is active is told of a change by a signal.
 * 2. A switch holds what it names and all below it: what stands above a process is learned while anything is off.
 */
import type { Quarantine, SwitchedOff, SwitchedThing, Switches } from '../kernel/index.ts'
import { SkeinError } from '../std/index.ts'
import type { Clock, Pid } from '../std/index.ts'
import { SWITCHES_FRESH_MS, SWITCHES_MAX } from './limits.ts'
import type { Switch, SwitchChange } from './port.ts'

/** What holds for a whole installation. */
export type Settings = { readonly switches: readonly Switch[]; readonly quarantine?: Quarantine }

/** Where a process stands in its tree. */
type Place = { readonly kind: string; readonly workflow: string; readonly parent?: Pid | null }

/** Whom a cache asks. */
export type SettingsSource = {
  settings(): Promise<Settings>
  place(pid: Pid): Promise<Place | undefined>
}

/** The switches after a change; undefined when nothing changes. Throws `USAGE` when there would be too many. */
export function changedSwitches(
  switches: readonly Switch[],
  { change, at }: { readonly change: SwitchChange; readonly at: number },
): readonly Switch[] | undefined {
  const { target, by, to } = change
  if (switches.some((one) => one.target === target) === (to === 'off')) return undefined
  if (to === 'on') return switches.filter((one) => one.target !== target)
  if (switches.length >= SWITCHES_MAX)
    throw new SkeinError(
      'USAGE',
      `more than ${SWITCHES_MAX} things are switched off; resume some first: skein switches`,
    )
  const { reason } = change
  return [...switches, { target, by, at, ...(reason === undefined ? {} : { reason }) }]
}

/** The settings of an installation, kept in memory. */
export class SettingsCache implements Switches {
  readonly #source: SettingsSource
  readonly #clock: Clock
  #settings: Settings = { switches: [] }
  #off: ReadonlyMap<string, Switch> = new Map()
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined
  /** What a switch may name to hold a process: itself and all above it. */
  readonly #lineages = new Map<Pid, readonly string[]>()

  constructor(source: SettingsSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  get quarantine(): Quarantine | undefined {
    return this.#settings.quarantine
  }

  /** Asks again, if it was asked for long ago. */
  async refresh(isForced = false): Promise<void> {
    if (!isForced && this.#clock.monotonicMs() - this.#askedAt < SWITCHES_FRESH_MS) return
    if (isForced) await this.#asking
    await (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)))
  }

  async #ask(): Promise<void> {
    const at = this.#clock.monotonicMs()
    this.#settings = await this.#source.settings()
    this.#off = new Map(this.#settings.switches.map((one) => [one.target, one]))
    this.#askedAt = at
  }

  /** Learns what stands above a process, if anything is switched off at all. */
  async learn(pid: Pid): Promise<void> {
    if (this.#off.size === 0 || this.#lineages.has(pid)) return
    const lineage: string[] = []
    for (let at: Pid | undefined = pid; at !== undefined;) {
      const place: Place | undefined = await this.#source.place(at)
      if (place === undefined) break
      lineage.push(`process:${at}`, `${place.kind}:${place.workflow}`)
      at = place.parent ?? undefined
    }
    this.#lineages.set(pid, lineage)
  }

  /** The process is not resident any more. */
  forget(pid: Pid): void {
    this.#lineages.delete(pid)
  }

  off({ pid, tenant, tool, definition }: SwitchedThing): SwitchedOff | undefined {
    if (this.#off.size === 0) return undefined
    if (tool !== undefined) return this.#of(`tool:${tool}`)
    if (definition !== undefined) return this.#of(`${definition.kind}:${definition.name}`)
    const targets = [...(tenant === undefined ? [] : [`tenant:${tenant}`]), ...(this.#lineages.get(pid) ?? [])]
    const target = targets.find((one) => this.#off.has(one))
    return target === undefined ? undefined : this.#of(target)
  }

  #of(target: string): SwitchedOff | undefined {
    const found = this.#off.get(target)
    if (found === undefined) return undefined
    return { target, by: found.by, ...(found.reason === undefined ? {} : { reason: found.reason }) }
  }
}
