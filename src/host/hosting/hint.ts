/** Tells once, on a terminal that shows nothing else, that a run waits for somebody. */
import type { Pid } from '../../std/index.ts'
import { HINT_MS_MAX, HINT_MS_MIN } from '../limits.ts'
import type { Reader } from '../operate/find.ts'
import { Family } from '../views/family.ts'
import { restOf } from '../views/rest.ts'
import type { Command } from '../words/command.ts'
import { needCommands, needName, needWords } from '../words/need.ts'

/** Looks now and then until the run rests, says what it waits for, and falls silent. */
export function hintWhenResting(
  reader: Reader,
  pid: Pid,
  { say, command }: { readonly say: (line: string) => void; readonly command: Command },
): Disposable {
  const family = new Family(reader, pid)
  let pauseMs = HINT_MS_MIN
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const look = async (): Promise<void> => {
    await family.readAll()
    const rest = restOf(family)
    if (isOver || rest.type === 'ended') return
    if (rest.type === 'moving') return again()
    for (const need of rest.needs)
      say(`${needName(need)} waits: ${needWords(need)}   ${needCommands(need, command)[0] ?? ''}`)
  }
  const again = (): void => {
    timer = setTimeout(() => void look().catch(() => undefined), pauseMs)
    timer.unref()
    pauseMs = Math.min(HINT_MS_MAX, pauseMs * 2)
  }
  again()
  return {
    [Symbol.dispose]: () => {
      isOver = true
      clearTimeout(timer)
    },
  }
}
