/** The move of a resident process to other code, when nothing of it is under way. */
import { beginAfresh } from '../forks/afresh.ts'
import { makeBody } from '../processes/bodies.ts'
import { recover } from '../processes/recovery.ts'
import { replay } from '../processes/replay.ts'
import type { Process } from '../processes/process.ts'
import { adopt } from './adopt.ts'
import { UPGRADE_KEY } from './adoption.ts'
import { giveUpGone } from './give-up.ts'

/** Whether the gate is closed, because the process moves as soon as nothing is under way. */
export function isMoving(process: Process): boolean {
  return process.state.upgradeAsked !== undefined
}

/** Moves, or says why not; true when other code runs now. */
export async function move(process: Process): Promise<boolean> {
  const asked = process.state.upgradeAsked
  const newest = process.deps.code.find(process.act.start.workflow)
  const isOver = process.body?.end !== undefined || process.state.cancelled !== undefined
  if (asked === undefined || newest?.definition.kind !== process.act.start.kind || isOver) {
    process.record({ type: 'answered', key: UPGRADE_KEY, outcome: { type: 'cancelled' } })
    return false
  }
  if ((await adopt(process, newest, asked)) !== undefined) return false
  for (const ask of process.open.values()) if (ask.op === 'receive') process.mailbox.unwait(ask.key)
  process.resetBody()
  process.replaying = true
  makeBody(process)
  await replay(process)
  beginAfresh(process)
  giveUpGone(process)
  recover(process)
  return true
}
