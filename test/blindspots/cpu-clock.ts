/** What of the processor is used. */

/** What this process, or this thread, uses from now on, in milliseconds. */
export function cpuClock(usage = (since?: NodeJS.CpuUsage): NodeJS.CpuUsage => process.cpuUsage(since)): () => number {
  const began = usage()
  return () => {
    const { user, system } = usage(began)
    return Math.round((user + system) / 1_000)
  }
}
