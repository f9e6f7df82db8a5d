/**
 * Becomes another Node process: same terminal, same signals, same exit code. Plain JavaScript that Node 20 can run.
 *
 * 1. Where Node can replace itself (22.15 and later), there is one process and nothing to pass on.
 * 2. Else the child never outlives its launcher, not even after `kill -9`.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { endWithParent } from './end-with-parent.mjs'

const watcher = new URL('./end-with-parent.mjs', import.meta.url).href

/** `above`: the pid of the process that started us, where its end should end the launched one. */
export function launch(node, args, above) {
  if (typeof process.execve === 'function') {
    const watched = above === undefined ? { args, env: { ...process.env } } : watching(above, args)
    process.execve(node, [node, ...watched.args], watched.env)
  }
  const watched = watching(process.pid, args)
  const child = spawn(node, watched.args, { stdio: 'inherit', env: watched.env })
  if (above !== undefined) endWithParent(above)
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    // A terminal sends ^C to the whole group, the child included; passing it on would be a second ^C.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  child.on('error', (error) => {
    console.error(`skein: cannot start ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function watching(pid, args) {
  return { args: ['--import', watcher, ...args], env: { ...process.env, SKEIN_PARENT_PID: String(pid) } }
}
