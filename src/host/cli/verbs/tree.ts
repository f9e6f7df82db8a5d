import type { Pid } from '../../../std/index.ts'
import { findProcess, unreadOf } from '../../operate/find.ts'
import type { Reader, ShownMember } from '../../operate/find.ts'
import { layOut } from '../../progress/lines.ts'
import { treeRows } from '../../progress/tree.ts'
import { Family } from '../../views/family.ts'
import { shownCommand, withReader } from '../folder.ts'
import type { Command } from '../../words/command.ts'
import { jsonLine, shownJson } from '../json.ts'
import { textOf } from '../table.ts'
import { tellUnread } from '../unread.ts'
import type { VerbBody } from '../verb.ts'

const ROOTS_MAX = 100

/** `skein tree`. */
export const tree: VerbBody = {
  positionals: [{ name: 'pid', optional: true }],
  flags: { all: { help: 'without a pid: also runs that have ended' } },
  examples: ['skein tree', 'skein tree a1', 'skein tree a1 --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const command = shownCommand(typed)
      const asked = typed.positionals[0]
      const roots = asked === undefined ? await rootsOf(reader, typed.has('all')) : [await rootOf(reader, asked)]
      const families: Family[] = []
      for (const root of roots) {
        const family = new Family(reader, root, { showsUnread: true })
        await family.readAll()
        families.push(family)
      }
      if (typed.has('json')) {
        const trees = families.flatMap((family) =>
          family.root === undefined ? [] : [treeJson(family, family.root, command)],
        )
        terminal.out(jsonLine(asked === undefined ? trees : trees[0]))
      } else if (families.length === 0) terminal.out('nothing runs or waits; skein tree --all shows what has ended\n')
      else
        for (const family of families)
          terminal.out(
            textOf(
              layOut(treeRows(family, Date.now(), { command }), { columns: Infinity, rowsMax: Infinity }).map(
                (line) => line.text,
              ),
            ),
          )
      const unread = families.flatMap(({ members }) =>
        [...members.values()].flatMap((one) => (one.unread === undefined ? [] : [unreadOf(one.view, one.unread)])),
      )
      return tellUnread(unread, typed, terminal) === 0 ? 0 : 1
    }),
}

async function rootOf(reader: Reader, text: string): Promise<Pid> {
  const pid = await findProcess(reader, text)
  return (await reader.inspect(pid))?.root ?? pid
}

async function rootsOf(reader: Reader, all: boolean): Promise<Pid[]> {
  const roots: Pid[] = []
  for await (const view of reader.list(all ? {} : { status: ['ready', 'running', 'waiting', 'parked'] })) {
    if (view.parent === undefined) roots.push(view.pid)
    if (roots.length === ROOTS_MAX) break
  }
  return roots
}

function treeJson(family: Family, member: ShownMember, command: Command): unknown {
  return {
    ...shownJson(member, command),
    children: family.children(member.view.pid).map((child) => treeJson(family, child, command)),
  }
}
