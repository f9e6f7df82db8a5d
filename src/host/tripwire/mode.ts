/** Whether the tripwire is up, by the environment. Apart from the tripwire, so that production never loads it. */
import { SkeinError } from '../../std/index.ts'

/** `warn` writes a line; `error` throws `FOREIGN_TOUCH` at the place. */
export type TripwireMode = 'off' | 'warn' | 'error'

/** The mode that the environment asks for: off in production, else `SKEIN_TRIPWIRE` or `warn`. */
export function tripwireMode(env: Readonly<Record<string, string | undefined>>): TripwireMode {
  const asked = env['SKEIN_TRIPWIRE']
  if (asked === 'off' || asked === 'warn' || asked === 'error') return asked
  if (asked !== undefined && asked !== '') {
    throw new SkeinError('USAGE', `SKEIN_TRIPWIRE is "${asked}"; write off, warn or error`)
  }
  return env['NODE_ENV'] === 'production' ? 'off' : 'warn'
}
