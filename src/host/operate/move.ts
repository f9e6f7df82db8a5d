/**
 * Moves runs from one engine to another.
 *
 * Invariants:
 * 1. Of a run at most one copy is alive at any moment, wherever this was broken off; asked again, it ends with exactly one.
 * 2. A run that the other engine refuses, or cannot take for a reason that will not pass, is back where it was.
 */
import type { Engine, Movable, MovedRun } from '../../engine/index.ts'
import { SkeinError } from '../../std/index.ts'
import type { Pid, Random } from '../../std/index.ts'

/** An engine at one end of a move. */
export type MoveEnd = Pick<Engine, 'inspect' | 'list' | 'history'> & Movable

/** From where, to where, and who says so. */
export type Move = {
  readonly from: MoveEnd
  readonly to: MoveEnd
  /** Of the other end, as it is shown to whoever asks for the run where it was. */
  readonly target: string
  /** Of this end. */
  readonly source: string
  readonly by: string
  readonly random: Random
}

const ID_BYTES = 16
/** It may be otherwise when it is asked for again: the move stays open, and is gone on with. All else ends in the same way each time. */
const mayPass = (thrown: unknown): boolean => SkeinError.isInstance(thrown) && thrown.retryable

/** What is lost, or not known to who moves it. */
const LACKING: ReadonlySet<string> = new Set(['BLOB_LOST', 'BLOBS_ABSENT', 'DATA_FOLDER_CORRUPT'])

/** The run that a process belongs to. */
export async function runOf({ from }: Move, pid: Pid): Promise<Pid> {
  const view = await from.inspect(pid)
  if (view === undefined) throw new SkeinError('PROCESS_UNKNOWN', `there is no process ${pid}; see: skein ps --all`)
  return view.root
}

/** Moves one run, or goes on with a move that was broken off. The number of its processes. */
export async function moveRun(move: Move, root: Pid): Promise<number> {
  const { from, to, target, by, random } = move
  await demandRoom(move, root)
  const run = await carried(move, root, () => from.depart(root, { id: random.hex(ID_BYTES), target, by }))
  try {
    await to.arrive(run)
  } catch (thrown) {
    if (mayPass(thrown)) throw thrown
    // Whoever moves it at the same moment may have brought it there; if not, nobody will any more.
    if (await isRefused(move, { run, thrown })) {
      await from.comeBack(root, run.id)
      throw thrown
    }
  }
  await from.confirm(root, run.id)
  return run.processes.length
}

/** Where nobody can be asked, what went wrong at first is the thing to mend; the move stays open. */
async function isRefused({ to }: Move, { run, thrown }: { run: MovedRun; thrown: unknown }): Promise<boolean> {
  try {
    return await to.refuse(run.id)
  } catch {
    throw thrown
  }
}

/** Looks before anything is ended here. */
async function demandRoom({ from, to, source }: Move, root: Pid): Promise<void> {
  const pids: Pid[] = []
  for await (const { pid } of from.list({ root })) pids.push(pid)
  const [own] = await from.present([root])
  const [taken] = own === undefined ? [] : await to.present(pids)
  if (taken !== undefined)
    throw new SkeinError(
      'RUN_ALREADY_THERE',
      `there is a process ${taken} already where the run should go; it stays in ${source}, and goes on there`,
    )
}

/** One that has left, and lacks what nobody here can have, is not carried by anybody: it goes back. */
async function carried(move: Move, root: Pid, depart: () => Promise<MovedRun>): Promise<MovedRun> {
  try {
    return await depart()
  } catch (thrown) {
    if (SkeinError.isInstance(thrown) && LACKING.has(thrown.code)) {
      const way = await move.from.onTheWay(root)
      if (way?.target === move.target) await takeBack(move, root, way.id)
    }
    throw thrown
  }
}

/** Calls a move off that was broken off: the run goes on where it was. Throws `RUN_MOVED` when it has arrived, and `USAGE`. */
export async function callBack(move: Move, root: Pid): Promise<void> {
  const { from, source, target } = move
  const way = await from.onTheWay(root)
  if (way?.target !== target)
    throw new SkeinError(
      'USAGE',
      `${root} is not on its way from ${source} to ${way === undefined ? 'anywhere' : `${target}, but to ${way.target}`}; ` +
        'only a move that was broken off can be called off',
    )
  await takeBack(move, root, way.id)
}

/** Throws `RUN_MOVED` where it is too late for that. */
async function takeBack({ from, to, target }: Move, root: Pid, id: string): Promise<void> {
  if (await to.refuse(id)) return from.comeBack(root, id)
  await from.confirm(root, id)
  throw new SkeinError('RUN_MOVED', `${root} has arrived in ${target}; go on with it there, or move it from there`)
}
