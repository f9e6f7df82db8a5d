/**
 * Ends this process when the one that launched it is gone, so that `kill -9` of what a person started (npm, or the
 * launcher) is a `kill -9` of the work. Nothing is lost by it: that is what the journal is for.
 */
const POLL_MS = 200

export function endWithParent(pid) {
  setInterval(() => {
    if (process.ppid !== pid) process.kill(process.pid, 'SIGKILL')
  }, POLL_MS).unref()
}

// As `--import` of a launched process.
const launcher = Number(process.env.SKEIN_PARENT_PID)
delete process.env.SKEIN_PARENT_PID
if (launcher > 0) endWithParent(launcher)
