/** Floor 0: what every room may use. No `node:` imports. */
export { canon, decode, encode, IDENTITY, isPlainJson } from './codec/index.ts'
export type { Clock } from './clock.ts'
export { durationMs } from './duration.ts'
export type { Duration } from './duration.ts'
export { ERROR_CODES } from './error-codes.ts'
export type { ErrorCode } from './error-codes.ts'
export {
  assert,
  Cancelled,
  errorData,
  errorFromData,
  SkeinError,
  toSkeinError,
  unreachable,
  UnknownOutcome,
} from './errors.ts'
export type { ErrorData } from './errors.ts'
export type { Hash } from './hash.ts'
export {
  asEffectId,
  asEffectKey,
  asEpoch,
  asMessageId,
  asOwnerId,
  asPid,
  asScopePath,
  asSeq,
  ROOT_SCOPE,
} from './ids.ts'
export type { EffectId, EffectKey, Epoch, MessageId, OwnerId, Pid, ScopePath, Seq } from './ids.ts'
import * as limits from './limits.ts'
export { limits }
export type { Random } from './random.ts'
