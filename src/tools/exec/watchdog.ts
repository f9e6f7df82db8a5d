/**
 * The watchdog: kills the commands of a runtime that died.
 *
 * A runtime killed by `kill -9` can do nothing about its children. So one small shell stands beside it, reading
 * from a pipe whose other end only the runtime has; at the end of that pipe it kills every group that it was told of.
 *
 * Invariants:
 * 1. A command starts only after the watchdog's pipe holds its group, and a byte written outlives its writer;
 *    so there is no moment at which the runtime can die and leave a command behind.
 * 2. A group is killed only if its leader still has the start time it was reported with, or is dead: a number
 *    that was given to another process meanwhile is left alone.
 * 3. It stands in a session of its own, has none of the commands' pipes open, and carries no mark.
 * 4. If it dies, the next one is told of all groups that run.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { SkeinError } from '../../std/index.ts'
import type { ProcessGroup } from './process-group.ts'
import { MARK } from './process-group.ts'

/** Begins the mark of every command of this runtime, so that one look finds all that fled from their groups. */
export const RUNTIME_MARK = randomUUID()

/**
 * Lines in: `+ <pgid> <start ticks or 0>` and `- <pgid> …`. In `/proc/<pid>/stat`, what follows the name in
 * parentheses begins with field 3; the start time is field 22. Escapees are found by the mark in their environment.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
groups=''
while read -r verb pgid start; do
  rest=''
  for group in $groups; do [ "\${group%:*}" = "$pgid" ] || rest="$rest $group"; done
  groups="$rest"
  [ "$verb" = + ] && groups="$groups $pgid:$start"
done
[ -z "$groups" ] && exit 0
for group in $groups; do
  pgid=\${group%:*}
  if [ "\${group#*:}" != 0 ] && read -r stat 2>/dev/null </proc/$pgid/stat; then
    set -- \${stat##*) }
    [ "\${20}" = "\${group#*:}" ] || continue
  fi
  kill -s KILL -- "-$pgid"
done
for file in $(grep -als "${MARK}=${RUNTIME_MARK}:" /proc/[0-9]*/environ); do
  file=\${file#/proc/}
  kill -s KILL "\${file%/environ}"
done
`

let shell: ChildProcess | undefined
const guarded = new Map<number, string>()

/** Resolves when the group is sure to die with this runtime. Disposing it ends the watch. */
export async function guard(group: ProcessGroup): Promise<Disposable> {
  const line = `${group.pgid} ${group.startTime.split('/')[1] ?? 0}\n`
  guarded.set(group.pgid, line)
  const release = (): void => {
    guarded.delete(group.pgid)
    // If it cannot be told, it is dead, and the next one never hears of this group.
    tell(`- ${line}`).catch(() => undefined)
  }
  try {
    await tell(`+ ${line}`)
    return { [Symbol.dispose]: release }
  } catch (error) {
    guarded.delete(group.pgid)
    throw error
  }
}

async function tell(line: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  shell ??= start()
  shell.stdin?.write(line, (cause) => {
    if (!cause) resolve()
    else
      reject(
        new SkeinError('EXEC_FAILED', 'the watchdog of commands cannot be told of one; see that /bin/sh runs', {
          cause,
        }),
      )
  })
  await promise
}

function start(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.once('error', () => (shell = undefined))
  child.once('exit', () => {
    if (shell === child) shell = undefined
    for (const line of guarded.values()) tell(`+ ${line}`).catch(() => undefined)
  })
  child.stdin?.on('error', () => undefined)
  // It must not keep the runtime alive: its end is what it waits for.
  child.unref()
  ;(child.stdin as unknown as { unref(): void }).unref()
  return child
}
