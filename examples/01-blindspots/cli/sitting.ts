/** One sitting with a run: starts it or goes on with it, shows how it gets on, and ends when it ends or somebody leaves. */
import type { RunHandle, Skein } from 'skein'
import { PROCESSES_MAX } from '../limits.ts'
import { blindspots } from '../run/blindspots.ts'
import type { Result } from '../run/blindspots.ts'
import { scratchFolder } from '../scratch/base.ts'
import { answerApprovals } from './approval.ts'
import type { Unanswered } from './approval.ts'
import { Live } from './live.ts'
import type { Output } from './live.ts'
import type { Options } from './options.ts'
import type { Past } from './past.ts'
import { Scene } from './scene.ts'
import type { Target } from './target.ts'

export type Sitting = {
  readonly id: string
  readonly target: Target
  readonly options: Options
  /** What was there already, if the run goes on. */
  readonly past: Past | undefined
}

/** How it ended: with the run, with a question nobody was there to answer, or because somebody left. */
export type SittingEnd = { readonly type: 'ended'; readonly result: Result } | Unanswered | { readonly type: 'left' }

/** Sits until the end. Rejects with the error of the run. */
export async function sit(skein: Skein, sitting: Sitting, out: Output, leave: AbortSignal): Promise<SittingEnd> {
  const { id, options, past } = sitting
  const { budgetMs, workers } = options
  const scene = new Scene()
  if (past !== undefined) scene.remember(past)
  const over = new AbortController()
  using live = new Live(skein, scene, { id, budgetMs, workers }, out)
  const run = await begin(skein, sitting)
  const ended = run.result().then((result): SittingEnd => ({ type: 'ended', result }))
  const asked = ask(skein, sitting, { live, out, over: over.signal }).then((unanswered) => unanswered ?? ended)
  const left = new Promise<SittingEnd>((resolve) =>
    leave.addEventListener('abort', () => resolve({ type: 'left' }), { once: true }),
  )
  try {
    return await Promise.race([ended, asked, left])
  } finally {
    over.abort()
    // Whoever leaves does not wait for the end.
    for (const promise of [ended, asked]) promise.catch(() => undefined)
  }
}

/** The same input resumes; a run that goes on keeps what it was started with, whatever was typed now. */
function begin(skein: Skein, { id, target, options, past }: Sitting): Promise<RunHandle<Result>> {
  const { budgetMs, workers, network, report, writingMs, tokens, usd } = options
  const { folder, argv, only, model } = target
  const scratch = scratchFolder(id, options.data)
  const asked = { folder, argv: [...argv], only: [...only], budgetMs, workers, network, scratch, report }
  const input = model === undefined ? asked : { ...asked, model, writingMs }
  const money = model === undefined ? {} : { tokens, ...(usd === undefined ? {} : { usd }) }
  const time = budgetMs * workers + (model === undefined ? 0 : writingMs)
  const budget = { time, processes: PROCESSES_MAX, ...money, strict: true }
  return skein.start(blindspots, past === undefined ? input : undefined, { id, budget })
}

type Asking = { readonly live: Live; readonly out: Output; readonly over: AbortSignal }

/** What nobody was there to answer; undefined when all was answered. */
function ask(
  skein: Skein,
  { id, target, options, past }: Sitting,
  { live, out, over }: Asking,
): Promise<Unanswered | undefined> {
  return answerApprovals(skein, {
    id,
    target,
    budgetMs: options.budgetMs,
    report: options.report,
    isResumed: past !== undefined,
    yes: options.yes,
    isTerminal: out.isTerminal && process.stdin.isTTY,
    say: (lines) => {
      live.draw()
      live.pause(true)
      out.write(`${lines.join('\n')}\n`)
    },
    said: () => live.pause(false),
    over,
  })
}
