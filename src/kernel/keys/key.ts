/**
 * Effect keys (rules K1, K5): who an effect is inside its process, and in the world.
 *
 * `key = scope + kind ':' name ':' ident '#' n`. What belongs to an effect but is not its outcome (its approval,
 * its wait for money, …) has the effect's key with a suffix `!what`.
 */
import { asEffectId, asEffectKey, asPid, canon } from '../../std/index.ts'
import type { EffectId, EffectKey, Hash, Pid, ScopePath } from '../../std/index.ts'

const IDENT_HEX_DIGITS = 32
const PID_HEX_DIGITS = 24

/** An author's key as an ident; the characters that structure keys are escaped. */
export function authorIdent(key: string): string {
  return `=${key.replace(/[%#!/[\]]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`
}

/** 128 bits of SHA-256 over the canonical text of what the author wrote. Throws `ARGS_NOT_DATA`. */
export function contentIdent(identity: unknown, hash: Hash): string {
  return textIdent(canon(identity), hash)
}

/** The ident of what has this canonical text. */
export function textIdent(text: string, hash: Hash): string {
  return hash.sha256(text).slice(0, IDENT_HEX_DIGITS)
}

/** Hands out keys; `n` counts earlier asks with the same prefix in this scope and segment. */
export class KeyCounter {
  readonly #counts = new Map<string, number>()

  next(scope: ScopePath, kind: string, name: string, ident: string): EffectKey {
    const prefix = `${scope}${kind}:${name}:${ident}`
    const n = this.#counts.get(prefix) ?? 0
    this.#counts.set(prefix, n + 1)
    return asEffectKey(`${prefix}#${n}`)
  }

  /** The key that `next` would hand out. */
  peek(scope: ScopePath, kind: string, name: string, ident: string): EffectKey {
    const prefix = `${scope}${kind}:${name}:${ident}`
    return asEffectKey(`${prefix}#${this.#counts.get(prefix) ?? 0}`)
  }
}

/** What a key says that its effect is called, or else is: `pay`, `sleep`, `receive`. An author's own key may hold colons. */
export function calledBy(key: EffectKey): string {
  const [, kind = key, name = ''] = /(?:^|\/)([a-z]+):([^:/]*):[^/]*$/i.exec(key) ?? []
  return name === '' ? kind : name
}

/** What can hang on an effect's key. */
export type KeySuffix =
  | 'switch'
  | 'approval'
  | 'budget'
  | 'fund'
  | 'admission'
  | 'resolve'
  | 'pending'
  | 'end'
  | 'cancel'
  | 'refused'
  | 'afresh'

/** The key of what belongs to an effect. */
export function suffixed(key: EffectKey, suffix: KeySuffix): EffectKey {
  return asEffectKey(`${key}!${suffix}`)
}

/** The effect that a suffixed key belongs to; a plain key is its own. */
export function baseKey(key: EffectKey): EffectKey {
  const at = key.lastIndexOf('!')
  return at < 0 ? key : asEffectKey(key.slice(0, at))
}

/** What a suffixed key is, if it is one. */
export function suffixOf(key: EffectKey): KeySuffix | undefined {
  const at = key.lastIndexOf('!')
  return at < 0 ? undefined : (key.slice(at + 1) as KeySuffix)
}

/** The key that the body knows: what a fork begins afresh answers for the first one (rules FK4, FK5). */
export function originalKey(key: EffectKey): EffectKey {
  return suffixOf(key) === 'afresh' ? baseKey(key) : key
}

/** Where the end of a started child is awaited. */
export function endKey(start: EffectKey): EffectKey {
  return suffixed(originalKey(start), 'end')
}

/** A pause that belongs to one attempt: `pause` before the next one, `grace` before a second look. */
export function pauseKey(key: EffectKey, what: 'pause' | 'grace', attempt: number): EffectKey {
  return asEffectKey(`${key}!${what}${attempt}`)
}

/** Whether a pause key means a second look at a write in doubt. */
export function isGrace(key: EffectKey): boolean {
  return /!grace\d+$/.test(key)
}

/** Equal for all attempts of an effect, different for every other effect in the world. */
export function effectId(
  about: { readonly pid: Pid; readonly incarnation: number; readonly segment: number },
  key: EffectKey,
): EffectId {
  return asEffectId(`${about.pid}/${about.incarnation}/${about.segment}/${key}`)
}

/** The pid of the child that an effect starts. */
export function childPid(id: EffectId, name: string, hash: Hash): Pid {
  return asPid(`${name.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 40)}-${hash.sha256(id).slice(0, PID_HEX_DIGITS)}`)
}
