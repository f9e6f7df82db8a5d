/** `open()`: takes a data folder and runs everything unfinished in it, until disposed. */
import type { OpenOptions } from './hosting/open-host.ts'
import type { Skein } from './skein.ts'

/** Opens a data folder as its owner. Throws `DATA_FOLDER_OWNED`, naming the other owner. */
export async function open(options: OpenOptions = {}): Promise<Skein> {
  // Loaded here, so that a program that only defines agents and workflows starts fast.
  const { openHost } = await import('./hosting/open-host.ts')
  const { tenure } = await import('./hosting/tenure.ts')
  const { skeinOf } = await import('./skein.ts')
  const own = tenure()
  const host = await openHost({ ...options, ...(options.handOver === true ? { onHandOver: own.leave } : {}) })
  return skeinOf(host, { ...own.begin(host, { heedsSignals: options.handOver === true }), data: options.data })
}
