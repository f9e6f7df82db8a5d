/**
 * Taking the network away: a network namespace of its own, where the machine allows one (Linux, as root or with
 * user namespaces). Only the loopback inside of it is left, where `ip` or `ifconfig` can switch it on.
 * Sockets that are files can still be reached.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const PROBE_TIMEOUT_MS = 5_000
const LOOPBACK_UP = '{ ip link set lo up || ifconfig lo up; } >/dev/null 2>&1; exec "$@"'

let probed: Promise<readonly string[] | undefined> | undefined

/** What to put before a command to take the network away; undefined where the machine does not allow it. Probed once. */
export function withoutNetwork(): Promise<readonly string[] | undefined> {
  return (probed ??= probe())
}

async function probe(): Promise<readonly string[] | undefined> {
  for (const prefix of candidates()) {
    const works = await promisify(execFile)('/usr/bin/env', [...prefix, 'true'], { timeout: PROBE_TIMEOUT_MS }).then(
      () => true,
      () => false,
    )
    if (works) return prefix
  }
  return undefined
}

/**
 * Without being root, a namespace needs a user namespace in which one seems to be root; a second one inside of
 * it gives the command its own user back, which it needs to keep its manners (some programs refuse to be root).
 */
function candidates(): readonly (readonly string[])[] {
  if (process.platform !== 'linux') return []
  const shell = ['/bin/sh', '-c', LOOPBACK_UP, 'sh']
  if (process.getuid?.() === 0) return [['unshare', '-n', '--', ...shell]]
  const asRoot = ['unshare', '-rn', '--', ...shell]
  return [
    [...asRoot, 'unshare', '-U', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`, '--'],
    asRoot,
  ]
}
