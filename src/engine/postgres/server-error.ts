/** What a Postgres server says when something fails, in our words. */
import { SkeinError } from '../../std/index.ts'

/** The member that asked was declared dead: raised by our own functions. */
export const LOST_CODE = 'SK001'

type Where = { readonly connectionString: string; readonly timeoutMs: number }

/** States that pass: connection, resources, an operator's hand, deadlocks, and a stand-by that is not the primary yet. */
const PASSING = /^(08|53|57014|57P0|40001|40P01|25006)/
const REFUSED = /^(28|3D|42501)/

const stateOf = (thrown: unknown): string | undefined => {
  const { code, severity } = (thrown ?? {}) as { readonly code?: unknown; readonly severity?: unknown }
  return typeof code === 'string' && severity !== undefined ? code : undefined
}

/** Whether the same may succeed in a moment. What has no state of the server's was never heard by it, or not answered. */
export function isPassing(thrown: unknown): boolean {
  if (SkeinError.isInstance(thrown)) return false
  const state = stateOf(thrown)
  return state === undefined ? isOfTheLine(thrown) : PASSING.test(state)
}

function isOfTheLine(thrown: unknown): boolean {
  const { code, message } = (thrown ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  if (typeof code === 'string' && /^(E[A-Z]+|EAI_AGAIN)$/.test(code)) return code !== 'ENOTFOUND'
  return /connection|timeout|terminated|not queryable/i.test(String(message))
}

/** Data, constraints, limits of the server: the rest of a batch may be taken. */
const OF_ITS_CONTENT = /^(21|22|23|54)/

/** Whether a server refused a statement for what was in it, so that it will refuse it for ever. */
export const isOfItsContent = (error: unknown): boolean =>
  SkeinError.isInstance(error) && OF_ITS_CONTENT.test(stateOf(error.cause) ?? '')

/** Where it is, without its password. */
export function shownAddress(connectionString: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(connectionString)
    return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
  } catch {
    return 'the Postgres server'
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** No answer in time. */
export function unreachable(thrown: unknown, { connectionString, timeoutMs }: Where): SkeinError {
  return new SkeinError(
    'ENGINE_UNREACHABLE',
    `no answer from ${shownAddress(connectionString)} for ${Math.round(timeoutMs / 1000)} s (${messageOf(thrown)}); ` +
      'look whether it runs and takes connections; nothing is lost, and asking again is safe',
    { cause: thrown },
  )
}

/** What will not pass by itself. */
export function serverError(thrown: unknown, { connectionString }: Where): SkeinError {
  if (SkeinError.isInstance(thrown)) return thrown
  const state = stateOf(thrown)
  const where = shownAddress(connectionString)
  if (state === LOST_CODE)
    return new SkeinError(
      'LOST_EPOCH',
      `others on ${where} took over what this worker had, after its lease had run out; nothing more is written in its name`,
    )
  if (state === undefined)
    return new SkeinError(
      'ENGINE_UNREACHABLE',
      `${where} cannot be reached (${messageOf(thrown)}); check its address`,
      {
        cause: thrown,
      },
    )
  if (REFUSED.test(state))
    return new SkeinError(
      'ENGINE_REFUSED',
      `${where} refuses: ${messageOf(thrown)}; give a user, password and database that it knows, with the right to create a schema`,
      { cause: thrown },
    )
  return new SkeinError('STORE_FAILED', `${where} answers ${state}: ${messageOf(thrown)}`, { cause: thrown })
}
