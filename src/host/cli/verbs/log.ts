import type { Fact } from '../../../kernel/index.ts'
import { LiveStreams, nodeClock } from '../../../engine/index.ts'
import { asSeq } from '../../../std/index.ts'
import type { Pid } from '../../../std/index.ts'
import { streamsBeside } from '../../live/folder-streams.ts'
import { liveWords } from '../../live/live-words.ts'
import { openTime } from '../time.ts'
import { findProcess } from '../../operate/find.ts'
import { baseOf } from '../../views/entry.ts'
import { Story } from '../../views/story.ts'
import { factWords } from '../../words/fact.ts'
import { demandFolderEngine, folderOf, withReader } from '../folder.ts'
import type { FolderView } from '../folder.ts'
import { jsonLine } from '../json.ts'
import type { Terminal } from '../terminal.ts'
import type { Typed, VerbBody } from '../verb.ts'

const SEQ_WIDTH = 4
const VERB_WIDTH = 9
const SUBJECT_WIDTH = 24
const OFFSET_WIDTH = 6

/** `skein log`. */
export const log: VerbBody = {
  about:
    'The number of a fact names a point of the run: skein fork <pid>@<number>. With --live it follows while the process ' +
    'runs; ^C leaves it alone.',
  positionals: [{ name: 'pid' }],
  flags: {
    live: { help: 'what it says while it runs: model text, ctx.emit, progress' },
    from: { value: 'N', help: 'with --live: the first offset to show (default: 0, the beginning)' },
  },
  examples: ['skein log a1', 'skein log a1 --json', 'skein log a1 --live --from 120'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const pid = await findProcess(reader, typed.positionals[0] ?? '')
      if (typed.has('live')) return showLive(typed, terminal, reader, pid)
      const story = new Story()
      for await (const frame of reader.history(pid)) {
        story.apply(frame.facts)
        for (const fact of frame.facts) {
          if (typed.has('json')) terminal.out(jsonLine({ pid, frame: frame.n, epoch: frame.epoch, ...fact }))
          else terminal.out(factLine(fact, story))
        }
      }
      return 0
    }),
}

function factLine(fact: Fact, story: Story): string {
  const { verb, subject, detail } = factWords(fact, story)
  const columns = [
    String(fact.seq).padStart(SEQ_WIDTH),
    openTime(fact.at),
    `${verb.padEnd(VERB_WIDTH)} ${subject.padEnd(SUBJECT_WIDTH)}`,
    detail,
  ]
  return `${columns.join('  ').trimEnd()}\n`
}

async function showLive(typed: Typed, terminal: Terminal, reader: FolderView, pid: Pid): Promise<number> {
  const from = typed.wholeNumber('from', 0) ?? 0
  await demandFolderEngine(typed, terminal, 'what processes say live stays on the machine of their worker')
  await using streams = new LiveStreams(streamsBeside(await folderOf(typed, terminal)), nodeClock)
  // Also where its host has died: what it had running is ready then, and nobody says anything.
  const isOver = async (): Promise<boolean> => (await reader.inspect(pid))?.status !== 'running'
  const nameAt = namesOf(reader, pid)
  for await (const chunk of streams.follow(pid, { from, isOver })) {
    if (typed.has('json')) terminal.out(jsonLine({ pid, ...chunk }))
    else {
      const name = 'key' in chunk ? await nameAt(chunk) : undefined
      terminal.out(`${String(chunk.offset).padStart(OFFSET_WIDTH)}  ${liveWords(chunk, name)}\n`)
    }
  }
  return 0
}

/** Names effects as the log does: the key of another segment's effect may be the same, its time is not. */
function namesOf(reader: FolderView, pid: Pid) {
  const story = new Story()
  return async ({ key, at }: { readonly key: string; readonly at: number }): Promise<string | undefined> => {
    if (story.lastAt < at) for await (const { facts } of reader.history(pid, asSeq(story.nextSeq))) story.apply(facts)
    return [...story.entries.values()].findLast((entry) => entry.key === baseOf(key) && entry.at <= at)?.name
  }
}
