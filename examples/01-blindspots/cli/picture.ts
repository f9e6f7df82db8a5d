/** A scene as lines: one for the run, then the tree of what is at work. Pure. */
import { many, seconds } from '../report/words.ts'
import type { Actor, Scene } from './scene.ts'

export type Frame = {
  readonly id: string
  readonly budgetMs: number
  readonly workers: number
  readonly nowMs: number
  readonly columns: number
  readonly rows: number
}

/** The lines of a moment, none wider than the terminal. */
export function picture(scene: Scene, frame: Frame): readonly string[] {
  const lines = [headline(scene, frame), ...tree(scene.actors, frame)]
  const room = Math.max(2, frame.rows - 2)
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `  … ${lines.length - room + 1} more`] : lines
  return shown.map((line) => (line.length < frame.columns ? line : `${line.slice(0, Math.max(1, frame.columns - 2))}…`))
}

/** Where the run stands, in one line. */
export function headline(scene: Scene, { id, budgetMs, workers }: Pick<Frame, 'id' | 'budgetMs' | 'workers'>): string {
  const spent = `${seconds(Math.min(budgetMs, scene.effectMs / workers))} of ${seconds(budgetMs)}`
  const { tried, noticed, unnoticed } = scene.counts
  if (tried === 0) return `${id}  ${spent}  ${scene.doing}`
  const of = scene.total === undefined ? '' : ` of ${scene.total.toLocaleString('en')}`
  return `${id}  ${spent}  ${tried}${of} tried: ${noticed} noticed, ${many(unnoticed, 'blind spot')}`
}

const NAMES: Readonly<Record<string, string>> = { file: 'file', trial: 'trial', judge: 'judge', 'write-test': 'writer' }

function tree(actors: readonly Actor[], { nowMs }: Frame): readonly string[] {
  const known = new Set(actors.map((actor) => actor.pid))
  const below = (parent: string | undefined): readonly Actor[] =>
    actors.filter((actor) => actor.workflow in NAMES && actor.parent === parent)
  const draw = (siblings: readonly Actor[], indent: string): readonly string[] =>
    siblings.flatMap((actor, at) => {
      const last = at === siblings.length - 1
      const line = `${indent}${last ? '└' : '├'} ${NAMES[actor.workflow]}  ${actor.title}`.trimEnd()
      return [
        `${line}  ${seconds(Math.max(0, nowMs - actor.since))}`,
        ...draw(below(actor.pid), `${indent}${last ? ' ' : '│'} `),
      ]
    })
  const tops = actors.filter(
    (actor) =>
      actor.workflow in NAMES &&
      (actor.parent === undefined || !known.has(actor.parent) || isRoot(actors, actor.parent)),
  )
  return draw(tops, '')
}

function isRoot(actors: readonly Actor[], pid: string): boolean {
  return actors.some((actor) => actor.pid === pid && actor.workflow === 'blindspots')
}
