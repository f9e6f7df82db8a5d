import { nodeHash, readEmbedded } from '../../../engine/index.ts'
import { codeDigest } from '../../../kernel/index.ts'
import type { AnyDefinition } from '../../../kernel/index.ts'
import { durationMs, SkeinError } from '../../../std/index.ts'
import type { Duration } from '../../../std/index.ts'
import { loadConfig } from '../../config/config.ts'
import type { Host } from '../../hosting/host.ts'
import { runId, startRun } from '../../hosting/start.ts'
import type { Started } from '../../hosting/start.ts'
import { loadFile, pickDefinition } from '../../load/definitions.ts'
import { openHost } from '../../hosting/open-host.ts'
import { askedUpgrade, codeOf, factsOf, planUpgrade } from '../../operate/upgrade.ts'
import { upgradeLines } from '../../words/upgrade.ts'
import type { Command } from '../../words/command.ts'
import { parseBudget } from '../../words/budget.ts'
import { clientEngine, folderOf, shownCommand } from '../folder.ts'
import { readInput } from '../input.ts'
import { conduct } from '../conduct.ts'
import type { Lines } from '../conduct.ts'
import { interruptible } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** `skein run`. */
export const run: VerbBody = {
  about: [
    'The file exports what workflow() or agent() made, as its default export. TypeScript runs as it is.',
    'With the id of a run that was interrupted it goes on where it was; with that of a finished one it prints the value again.',
    'With --engine, workers run it: start them with skein worker.',
    'When the run only waits for you it prints what for, and exits with 3 (in a terminal it stays, and ^C leaves it).',
  ].join('\n'),
  positionals: [{ name: 'file' }],
  flags: {
    input: { value: 'JSON', help: 'the input, or @file' },
    id: { value: 'ID', help: 'same id, same run: finished or resumed' },
    budget: { value: 'BUDGET', help: `90s, '$0.5' or 0.5usd, 20000-tokens, 50-processes; several with commas` },
    yes: { help: 'approve whatever this run asks approval for' },
    wait: { value: 'DUR', optionalValue: true, help: 'beside another owner of the data folder: wait for it to leave' },
    export: { value: 'NAME', help: 'a named export of the file' },
  },
  examples: [
    `skein run article.ts --id a1 --input '{"topic":"tides"}'`,
    'skein run article.ts --id a1                       # resumes, or prints the value again',
    'skein run job.ts --budget 90s,200-processes --yes --json',
  ],
  run: async (typed, terminal) => {
    const order = await orderOf(typed, terminal)
    using interrupt = interruptible(terminal)
    const lines: Lines = { say: (line) => terminal.err(`skein: ${line}\n`) }
    using patience = order.wait === false ? undefined : sayIfWaiting(order.folder, terminal)
    const engine = await clientEngine(typed, terminal)
    const host = await openHost({
      data: order.folder,
      ...(engine === undefined ? {} : { engine, hosts: false }),
      ...(order.models === undefined ? {} : { models: order.models }),
      wait: order.wait,
      signal: interrupt.signal,
      prepare: (made) => made.code.take(order.loaded),
      begin: false,
      warn: (line) => lines.say(line),
    })
    patience?.[Symbol.dispose]()
    await using _host = host
    return await conduct(host, terminal, {
      pid: order.pid,
      start: () => begin(host, order, { lines, command: shownCommand(typed) }),
      found: () => changedCode(host, order, shownCommand(typed)),
      command: shownCommand(typed),
      rerun: rerunCommand(typed, order.pid),
      isYes: typed.has('yes'),
      isJson: typed.has('json'),
      interrupt,
      lines,
    })
  },
}

/** Says after a moment that somebody else owns the folder. */
function sayIfWaiting(folder: string, terminal: Terminal): Disposable {
  const timer = setTimeout(
    () => terminal.err(`waiting for the owner of ${folder} to leave; ^C gives up\n`),
    PATIENCE_MS,
  )
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}

const PATIENCE_MS = 1_000

type Order = Awaited<ReturnType<typeof orderOf>>

async function orderOf(typed: Typed, terminal: Terminal) {
  const path = typed.positionals[0] ?? ''
  const inputText = typed.text('input')
  const input = inputText === undefined ? undefined : await readInput(inputText, terminal.cwd, '--input')
  const budgetText = typed.text('budget')
  const budget = budgetText === undefined ? undefined : parseBudget(budgetText)
  const wait = waitOf(typed)
  const config = await loadConfig(terminal.cwd)
  const folder = await folderOf(typed, terminal)
  const loaded = await loadFile(path, terminal.cwd)
  const definition: AnyDefinition = pickDefinition(loaded, typed.text('export'), terminal.cwd)
  return {
    input,
    budget,
    wait,
    folder,
    loaded,
    definition,
    models: config.models,
    pid: runId(definition, typed.text('id')),
  }
}

function waitOf(typed: Typed): boolean | Duration {
  const text = typed.text('wait')
  if (text === undefined) return typed.has('wait')
  try {
    return durationMs(text)
  } catch (cause) {
    throw new SkeinError('USAGE', `--wait ${text} is not a duration; write 30s, 5m, or nothing to wait for ever`, {
      cause,
    })
  }
}

async function begin(
  host: Host,
  order: Order,
  { lines, command }: { readonly lines: Lines; readonly command: Command },
): Promise<Started> {
  const { definition, input, pid, budget, loaded } = order
  const started = await startRun(host, definition, input, { id: pid, budget, file: loaded.file })
  if (!started.created && budget !== undefined) {
    lines.say(
      `the budget of ${pid} was set when it started; raise it with: ${command('topup', pid, '--budget', '<more>')}`,
    )
  }
  return started
}

/** The code was changed while the run was in flight: what that comes to. */
async function changedCode(host: Host, { definition, pid }: Order, command: Command): Promise<readonly string[]> {
  const view = await host.engine.inspect(pid)
  if (view === undefined || view.endedAt !== undefined || view.workflow !== definition.name) return []
  const facts = await factsOf(host.engine, pid)
  if (facts[0]?.type !== 'born' || codeOf(facts) === codeDigest(definition, nodeHash)) return []
  // Its own engine would not show what was asked for and is not heard yet.
  using reader = host.isOnEngine ? undefined : readEmbedded(host.folder, nodeHash)
  const asked = askedUpgrade(facts, reader?.pending(pid) ?? (await host.engine.pending?.(pid)) ?? [])
  const { report } = await planUpgrade({ pid, facts }, definition, {}, asked)
  const changed = [`the code of ${definition.name} was changed while ${pid} was in flight`, ...upgradeLines(report)]
  if (definition.onUpgrade === 'adopt') return changed
  return asked === undefined
    ? [...changed, `it is pinned: ${command('upgrade', pid)} moves it, or put the old code back`]
    : [...changed, 'its upgrade is asked for: it moves as soon as nothing of it is under way']
}

/** The command that resumes a run. */
function rerunCommand(typed: Typed, pid: string): string {
  const name = typed.text('export')
  const words = name === undefined ? [] : ['--export', name]
  return shownCommand(typed)('run', typed.positionals[0] ?? '', '--id', pid, ...words)
}
