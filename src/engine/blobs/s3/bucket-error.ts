/** What a server that speaks S3 says when something fails, in our words. */
import { SkeinError } from '../../../std/index.ts'
import { ANSWER_CHARACTERS_SHOWN } from '../limits.ts'

const STATUS_AGAIN: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])
const CODE_AGAIN: ReadonlySet<string> = new Set(['RequestTimeout', 'SlowDown', 'InternalError', 'OperationAborted'])

/** What mends it, by the code of the answer. */
const MENDS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'make the bucket, or name the one that is there',
  AccessDenied: 'allow this account to get, put, delete and list objects in it',
  AllAccessDisabled: 'allow this account to get, put, delete and list objects in it',
  InvalidAccessKeyId: 'give credentials that it knows',
  SignatureDoesNotMatch: 'give the secret that belongs to the access key, and the right region',
  AuthorizationHeaderMalformed: 'give the region that the bucket is in',
  PermanentRedirect: 'give the region and the endpoint that the bucket is at',
  ExpiredToken: 'give credentials that are not past their time; `credentials` may be a function',
  InvalidToken: 'give the session token that belongs to the access key',
  RequestTimeTooSkewed: 'set the clock of this machine',
  EntityTooLarge: 'return smaller values, or write them to files and return their names',
  QuotaExceeded: 'make room there',
  XMinioStorageFull: 'make room there',
}
const MEND_DEFAULT = 'look at what it says'

/** An answer that is no success. */
export type Refusal = { readonly status: number; readonly text: string }

/** The code that stands in the body, or the status. */
export const codeOf = ({ status, text }: Refusal): string =>
  /<Code>([A-Za-z]+)<\/Code>/.exec(text)?.[1] ?? String(status)

/** Whether the same request may succeed in a moment. */
export const isPassing = (refusal: Refusal): boolean =>
  CODE_AGAIN.has(codeOf(refusal)) || STATUS_AGAIN.has(refusal.status)

/** What will not pass by itself. */
export function refused(shown: string, refusal: Refusal): SkeinError {
  const code = codeOf(refusal)
  const said = /<Message>([^<]*)<\/Message>/.exec(refusal.text)?.[1] ?? refusal.text
  const about = said === '' ? '' : ` (${said.slice(0, ANSWER_CHARACTERS_SHOWN)})`
  const mend = MENDS[code] ?? (refusal.status === 403 ? MENDS['AccessDenied'] : undefined) ?? MEND_DEFAULT
  return new SkeinError('BLOBS_REFUSED', `${shown} answers ${code}${about}; ${mend}`)
}

/** No success in time. */
export function unreachable(shown: string, timeoutMs: number, cause: unknown): SkeinError {
  return new SkeinError(
    'BLOBS_UNREACHABLE',
    `no success at ${shown} for ${Math.round(timeoutMs / 1000)} s (${reasonOf(cause)}); ` +
      'look whether it runs and can be reached from here; nothing is lost, and asking again is safe',
    { cause },
  )
}

/** `fetch` says only that it failed; what failed stands in the cause, and of several addresses in each. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause =
    thrown instanceof TypeError ? (thrown.cause as (Error & { readonly code?: string }) | undefined) : undefined
  return cause === undefined ? thrown.message : cause.message || (cause.code ?? thrown.message)
}
