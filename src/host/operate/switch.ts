/** Kill switches and pauses: what may be switched off, and the act itself. */
import { SkeinError } from '../../std/index.ts'
import { TOOL_JOURNALS_MAX } from '../limits.ts'
import { suggestion } from '../words/nearest.ts'
import type { Operable } from './acts.ts'
import { findProcess } from './find.ts'
import type { Reader } from './find.ts'

/** What a target names, before the colon; a process is named by its pid alone. */
export const TARGET_KINDS = ['agent', 'workflow', 'tool', 'tenant'] as const

/** How something is switched off. */
export type PauseOptions = {
  readonly by: string
  readonly reason?: string | undefined
  /** Break off local acts and reads that run; they are charged, and had again later. Begun writes settle. */
  readonly now?: boolean
}

/** What became of it. `isNew`: false when it was so already. */
export type Switched = { readonly target: string; readonly isNew: boolean; readonly note?: string }

/** Nothing of `text` decides anything new, from now on and after every restart. Throws `USAGE`, `PROCESS_UNKNOWN`. */
export async function pauseTarget(engine: Operable, text: string, options: PauseOptions): Promise<Switched> {
  const target = await targetOf(engine, text)
  const { by, reason, now } = options
  const more = { ...(reason === undefined ? {} : { reason }), ...(now === true ? { now } : {}) }
  const isNew = await engine.switch({ target, to: 'off', by, ...more })
  // It is off already: a journal that cannot be read must not make it look as if it were not.
  const note = await unknownNote(engine, target).catch(() => undefined)
  return { target, isNew, ...(note === undefined ? {} : { note }) }
}

/** It goes on. Throws `USAGE` with what is switched off, where that is not. */
export async function resumeTarget(engine: Operable, text: string, by: string): Promise<Switched> {
  const all = (await engine.switches()).map(({ target }) => target)
  const exact = [text, `process:${text}`].find((one) => all.includes(one))
  const target = exact ?? (await targetOf(engine, text))
  if (!all.includes(target)) {
    const off = all.length === 0 ? 'nothing is' : `what is: ${all.map(shownTarget).join(', ')}`
    throw new SkeinError('USAGE', `${shownTarget(target)} is not switched off; ${off}`)
  }
  return { target, isNew: await engine.switch({ target, to: 'on', by }) }
}

/** A target as verbs take it: a process by its pid. */
export function shownTarget(target: string): string {
  return target.replace(/^process:/, '')
}

async function targetOf(reader: Reader, text: string): Promise<string> {
  const [kind = '', ...rest] = text.split(':')
  const name = rest.join(':')
  if ((TARGET_KINDS as readonly string[]).includes(kind)) {
    if (name !== '') return text
    throw new SkeinError('USAGE', `${kind}: needs a name, as in ${kind}:NAME`)
  }
  try {
    return `process:${await findProcess(reader, kind === 'process' && name !== '' ? name : text)}`
  } catch (thrown) {
    const meant = name === '' ? '' : suggestion(kind, TARGET_KINDS)
    if (meant === '') throw thrown
    throw new SkeinError(
      'USAGE',
      `nothing is called ${kind}:.${meant} Write agent:, workflow:, tool:, tenant: or a pid`,
    )
  }
}

/** A switch for a name that nothing has yet may be a slip of the pen. */
async function unknownNote(reader: Reader, target: string): Promise<string | undefined> {
  const [kind, name = ''] = target.split(':')
  if (kind === 'tool') return unknownToolNote(reader, name)
  if (kind !== 'agent' && kind !== 'workflow') return undefined
  const names = new Set<string>()
  for await (const view of reader.list({})) {
    if (view.kind !== kind) continue
    if (view.workflow === name) return undefined
    names.add(view.workflow)
  }
  return `no ${kind} of that name has run here yet.${suggestion(name, names)}`
}

/** Tools are known by their calls; where there are more journals than anybody wants to read for a note, there is none. */
async function unknownToolNote(reader: Reader, name: string): Promise<string | undefined> {
  const names = new Set<string>()
  let journals = 0
  for await (const { pid } of reader.list({ limit: TOOL_JOURNALS_MAX })) {
    journals += 1
    for await (const { facts } of reader.history(pid))
      for (const fact of facts) if (fact.type === 'intended' && fact.kind === 'tool') names.add(fact.name)
    if (names.has(name)) return undefined
  }
  return journals === TOOL_JOURNALS_MAX
    ? undefined
    : `no tool of that name has been called here yet.${suggestion(name, names)}`
}
