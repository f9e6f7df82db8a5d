/** The SDK of Restate: an optional package, loaded when it is wanted. */
import type {
  Context,
  InvocationHandle,
  InvocationPromise,
  ObjectContext,
  ObjectSharedContext,
  Serde,
} from '@restatedev/restate-sdk'
import { SkeinError } from '../../std/index.ts'
import { ANSWER_KEPT_MS, ATTEMPTS_MAX, RETRY_FIRST_MS, RETRY_PAUSE_MS_MAX } from './limits.ts'

/** The package. */
export type Sdk = typeof import('@restatedev/restate-sdk')

export type { InvocationHandle }

/** What handlers of an object are given. */
export type Exclusive = ObjectContext
/** What handlers are given that only read. */
export type Shared = ObjectSharedContext

/** Loads the package. Throws `PACKAGE_MISSING`. */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@restatedev/restate-sdk')
  } catch (cause) {
    throw new SkeinError(
      'PACKAGE_MISSING',
      'the Restate engine needs the package @restatedev/restate-sdk; install it: npm install @restatedev/restate-sdk',
      { cause },
    )
  }
}

const jsonOf = <T>(sdk: Sdk): Serde<T> => sdk.serde.json as Serde<T>

/** Where a call within the server goes. */
export type Target = { readonly service: string; readonly key: string; readonly method: string }

/** Calls another object; the answer is awaited in the caller's one lane. */
export function callTo<A>(sdk: Sdk, ctx: Context, target: Target, parameter: unknown): InvocationPromise<A> {
  return ctx.genericCall<unknown, A>({
    ...target,
    parameter,
    inputSerde: jsonOf<unknown>(sdk),
    outputSerde: jsonOf<A>(sdk),
  })
}

/** Tells another object something; `delayMs`: not before that. Which invocation that is can be asked. */
export function sendTo(
  sdk: Sdk,
  ctx: Context,
  target: Target,
  about: { parameter?: unknown; delayMs?: number },
): InvocationHandle {
  return ctx.genericSend<unknown>({
    ...target,
    parameter: about.parameter,
    inputSerde: jsonOf<unknown>(sdk),
    ...(about.delayMs === undefined ? {} : { delay: about.delayMs }),
  })
}

const SKEIN_MARK = 'skein-format'
/**
 * What handlers that are open say to the server, and what their state is written in: another one as soon as an attempt of the
 * same handler would say other things.
 */
const FORMAT = '5'
/** Formats before it with the same state: theirs can be taken over where no handler is open. */
const SAME_STATE: ReadonlySet<string> = new Set(['1', '2', '3', '4'])

/** Stands with every service of Skein, so that nobody takes another's for his own. */
export const MARKED = { [SKEIN_MARK]: FORMAT } as const

/** Whose a service is that the server knows. */
export type Owned =
  | { readonly by: 'us' }
  | { readonly by: 'others' }
  | { readonly by: 'skein'; readonly format: string; readonly hasOurState: boolean }

/** Whose a service is, by what stands with it. */
export function ownerOf(metadata: Readonly<Record<string, unknown>> | undefined): Owned {
  const format = metadata?.[SKEIN_MARK]
  if (typeof format !== 'string') return { by: 'others' }
  return format === FORMAT ? { by: 'us' } : { by: 'skein', format, hasOurState: SAME_STATE.has(format) }
}

/** Options of all objects. Journals are of no use once their handlers have answered. */
export const objectOptions = {
  journalRetention: 0,
  idempotencyRetention: ANSWER_KEPT_MS,
  retryPolicy: {
    initialInterval: RETRY_FIRST_MS,
    maxInterval: RETRY_PAUSE_MS_MAX,
    exponentiationFactor: 2,
    // After some seventy attempts a server would pause what it calls until somebody resumes it: workers may be away longer.
    maxAttempts: ATTEMPTS_MAX,
    onMaxAttempts: 'pause',
  },
} as const

/** Of handlers that are called while there is little state: it is sent along with the call, and no look costs a round. */
export const wholeStateOptions = { enableLazyState: false } as const

/**
 * Of objects that come to the end of what they have begun, though whoever called them was cancelled: half an arrival would be
 * taken for a whole one.
 */
export const unheedingOptions = { explicitCancellation: true } as const

/** Of objects whose state grows: it is not sent along with every call. */
export const largeObjectOptions = { ...objectOptions, enableLazyState: true } as const
