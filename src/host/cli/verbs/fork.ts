import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ForkWrites } from '../../../kernel/index.ts'
import { SkeinError } from '../../../std/index.ts'
import { loadConfig } from '../../config/config.ts'
import { forkOrder, startFork } from '../../hosting/fork.ts'
import type { ForkOrder, ForkSettings } from '../../hosting/fork.ts'
import { openHost } from '../../hosting/open-host.ts'
import { parseBudget } from '../../words/budget.ts'
import { conduct } from '../conduct.ts'
import type { Lines } from '../conduct.ts'
import { clientEngine, folderOf, shownCommand, withReader } from '../folder.ts'
import { readInput } from '../input.ts'
import { interruptible } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

const WRITES: readonly ForkWrites[] = ['refuse', 'stub', 'live']

/** `skein fork`. */
export const fork: VerbBody = {
  about: [
    'The point is a fact by its seq (skein log shows them), or an effect by its name: right after its outcome. Without one: all there is.',
    'What had an outcome there is shared and not done again; what was under way is asked for again. Money and approvals are not shared.',
    'Writes are refused, unless --writes stub (the outcome they had in the origin, else a marked value) or live (they are done).',
    'With another model, other instructions or another answer it is time travel: the same past, another future. See: skein diff',
  ].join('\n'),
  positionals: [{ name: 'pid[@seq|@effect]' }],
  flags: {
    at: { value: 'SEQ|EFFECT', help: 'the point, as after the @' },
    id: { value: 'ID', help: 'the id of the fork; same id, same fork' },
    writes: { value: 'MODE', help: 'refuse (default), stub or live' },
    model: { value: 'MODEL', help: 'from here with another model' },
    instructions: { value: 'TEXT', help: 'from here with other instructions of the agent, or @file' },
    answer: {
      value: 'EFFECT=JSON',
      help: 'another outcome for an effect, or EFFECT=@file; the fork branches off right after it',
    },
    input: { value: 'JSON', help: 'another input, or @file' },
    budget: { value: 'BUDGET', help: 'all that the fork may use, as for skein run' },
    yes: { help: 'approve whatever the fork asks approval for' },
  },
  examples: [
    'skein fork a1                                    # from its end, or from where it is now',
    'skein fork a1@r3/model --model openai/gpt-5.4    # from step 3 on with another model',
    `skein fork a1 --answer 'review={"ok":false}' --writes stub`,
    'skein fork a1@12 --id a1-again --writes live --budget 0.5usd',
  ],
  run: async (typed, terminal) => {
    const settings = await settingsOf(typed, terminal)
    const folder = await folderOf(typed, terminal)
    const order = await withReader(typed, terminal, (reader) => forkOrder(reader, targetOf(typed).pid, settings))
    using interrupt = interruptible(terminal)
    const lines: Lines = { say: (line) => terminal.err(`skein: ${line}\n`) }
    const { models } = await loadConfig(terminal.cwd)
    const engine = await clientEngine(typed, terminal)
    await using host = await openHost({
      data: folder,
      ...(engine === undefined ? {} : { engine, hosts: false }),
      ...(models === undefined ? {} : { models }),
      signal: interrupt.signal,
      begin: false,
      warn: (line) => lines.say(line),
    })
    return await conduct(host, terminal, {
      pid: order.pid,
      start: () => startFork(host.engine, order),
      command: shownCommand(typed),
      rerun: rerunCommand(typed, order),
      isYes: typed.has('yes'),
      isJson: typed.has('json'),
      interrupt,
      lines,
    })
  },
}

/** `a1@r3/model`: a pid and, perhaps, a point. */
function targetOf(typed: Typed): { readonly pid: string; readonly at: string | undefined } {
  const [asked = ''] = typed.positionals
  const split = asked.indexOf('@')
  const at = split < 0 ? undefined : asked.slice(split + 1)
  const flag = typed.text('at')
  if (at !== undefined && flag !== undefined)
    throw new SkeinError('USAGE', `skein fork: ${asked} names a point already; leave out --at, or the part after the @`)
  return { pid: split < 0 ? asked : asked.slice(0, split), at: at ?? flag }
}

async function settingsOf(typed: Typed, terminal: Terminal): Promise<ForkSettings> {
  const { at } = targetOf(typed)
  const [answer, input, budget] = [typed.text('answer'), typed.text('input'), typed.text('budget')]
  return {
    at: at !== undefined && /^\d+$/.test(at) ? Number(at) : at,
    id: typed.text('id'),
    writes: writesOf(typed),
    model: typed.text('model'),
    instructions: await instructionsOf(typed.text('instructions'), terminal.cwd),
    answers: answer === undefined ? undefined : await answersOf(answer, terminal.cwd),
    input: input === undefined ? undefined : await readInput(input, terminal.cwd, '--input'),
    budget: budget === undefined ? undefined : parseBudget(budget),
  }
}

function writesOf(typed: Typed): ForkWrites {
  const text = typed.text('writes') ?? 'refuse'
  const writes = WRITES.find((known) => known === text)
  if (writes !== undefined) return writes
  throw new SkeinError('USAGE', `--writes ${text} is not known; write refuse, stub or live`)
}

async function instructionsOf(text: string | undefined, cwd: string): Promise<string | undefined> {
  if (text?.startsWith('@') !== true) return text
  try {
    return await readFile(resolve(cwd, text.slice(1)), 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SkeinError('FILE_UNREADABLE', `--instructions ${text}: ${why}`, { cause })
  }
}

async function answersOf(text: string, cwd: string): Promise<Readonly<Record<string, unknown>>> {
  const split = text.indexOf('=')
  if (split <= 0)
    throw new SkeinError('USAGE', `--answer ${text} is not EFFECT=JSON, as in --answer 'review={"ok":true}'`)
  const name = text.slice(0, split)
  return { [name]: await readInput(text.slice(split + 1), cwd, `--answer ${name}`) }
}

/** The command that resumes the fork: it is a run like any other by then. */
function rerunCommand(typed: Typed, { pid, origin }: ForkOrder): string {
  const words = origin.file === undefined ? ['fork', origin.pid] : ['run', origin.file]
  return shownCommand(typed)(...words, '--id', pid)
}
