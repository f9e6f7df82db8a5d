/**
 * Schemas of the built-in tools' inputs: flat objects of texts, whole numbers, flags and lists of texts.
 * Skein brings no schema library; this is the little that its own tools need, as a Standard Schema.
 */
import type { InferSchema } from '../../kernel/index.ts'

type JsonSchema = Record<string, unknown>
/** One member of an input. `check` says what is wrong, or nothing. */
type Member<T> = {
  readonly json: JsonSchema
  readonly optional: boolean
  readonly check: (value: unknown) => string | undefined
  readonly type?: T
}
type Members = Readonly<Record<string, Member<unknown>>>
type Simplify<T> = { [K in keyof T]: T[K] }
type OptionalKeys<M extends Members> = { [K in keyof M]: undefined extends NonOptional<M[K]> ? K : never }[keyof M]
type NonOptional<M> = M extends Member<infer T> ? T : never
type Value<M extends Members> = Simplify<
  { readonly [K in Exclude<keyof M, OptionalKeys<M>>]: NonOptional<M[K]> } & {
    readonly [K in OptionalKeys<M>]?: Exclude<NonOptional<M[K]>, undefined>
  }
>
type Rendering = (options: { readonly target: string }) => JsonSchema

/** A Standard Schema with its JSON Schema extension, as the kernel and the `ai` package read it. */
export interface InputShape<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'skein'
    readonly validate: (value: unknown) => { value: T } | { issues: { message: string; path?: string[] }[] }
    readonly types?: { readonly input: T; readonly output: T }
    readonly jsonSchema: { readonly input: Rendering; readonly output: Rendering }
  }
}

/** The type of what a shape accepts. */
export type ShapeOf<S> = InferSchema<S>

/** A text; `charsMax` bounds it. */
export function text(description: string, charsMax = Number.MAX_SAFE_INTEGER): Member<string> {
  const json = { type: 'string', description }
  const check = (value: unknown): string | undefined => {
    if (typeof value !== 'string') return 'expected a text'
    return value.length > charsMax ? `expected at most ${charsMax} characters, got ${value.length}` : undefined
  }
  return { json, optional: false, check }
}

/** A whole number between two bounds. */
export function whole(description: string, min: number, max: number): Member<number> {
  return {
    json: { type: 'integer', description, minimum: min, maximum: max },
    optional: false,
    check: (value) =>
      Number.isInteger(value) && (value as number) >= min && (value as number) <= max
        ? undefined
        : `expected a whole number from ${min} to ${max}`,
  }
}

/** True or false. */
export function flag(description: string): Member<boolean> {
  return {
    json: { type: 'boolean', description },
    optional: false,
    check: (value) => (typeof value === 'boolean' ? undefined : 'expected true or false'),
  }
}

/** A list of texts. */
export function texts(description: string, min = 0): Member<readonly string[]> {
  return {
    json: { type: 'array', description, items: { type: 'string' }, minItems: min },
    optional: false,
    check: (value) =>
      Array.isArray(value) && value.length >= min && value.every((item) => typeof item === 'string')
        ? undefined
        : `expected a list of texts${min === 0 ? '' : `, at least ${min}`}`,
  }
}

/** The same member, which may be left out. */
export function optional<T>(member: Member<T>): Member<T | undefined> {
  return { ...member, optional: true }
}

/** An object of exactly these members; null stands for a member left out, as models write it. */
export function shape<const M extends Members>(members: M): InputShape<Value<M>> {
  const names = Object.keys(members)
  const render: Rendering = () => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, members[name]?.json])),
    required: names.filter((name) => members[name]?.optional === false),
    additionalProperties: false,
  })
  return {
    '~standard': {
      version: 1,
      vendor: 'skein',
      validate: (value) => validate(members, value) as { value: Value<M> },
      jsonSchema: { input: render, output: render },
    },
  }
}

function validate(
  members: Members,
  value: unknown,
): { value: unknown } | { issues: { message: string; path?: string[] }[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { issues: [{ message: 'expected an object' }] }
  const given = value as Readonly<Record<string, unknown>>
  const issues: { message: string; path?: string[] }[] = []
  const taken: Record<string, unknown> = {}
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(members, name))
      issues.push({ message: `unknown member; there are ${Object.keys(members).join(', ')}`, path: [name] })
  }
  for (const [name, member] of Object.entries(members)) {
    const item = Object.hasOwn(given, name) ? given[name] : undefined
    if (item === undefined || (item === null && member.optional)) {
      if (!member.optional) issues.push({ message: 'missing', path: [name] })
      continue
    }
    const message = member.check(item)
    if (message !== undefined) issues.push({ message, path: [name] })
    taken[name] = item
  }
  return issues.length > 0 ? { issues } : { value: taken }
}
