/**
 * Schemas: any Standard Schema library (https://standardschema.dev, v1), or the AI SDK's `jsonSchema()`.
 * The kernel validates synchronously, so that a verdict is one synchronous act (rule E1).
 */
import { SkeinError } from '../../std/index.ts'
import type { ErrorCode } from '../../std/index.ts'

type Issue = {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

/** The part of Standard Schema v1 that Skein uses; `jsonSchema` is its JSON Schema extension. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?:
      | { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
      | undefined
  }
}

/** The AI SDK's own schema object, as its `jsonSchema()` makes. */
export interface AiSdkSchema<T = unknown> {
  readonly jsonSchema: unknown
  readonly validate?: ((value: unknown) => unknown) | undefined
  readonly _type?: T
}

/** What a definition accepts as a schema. */
export type Schema<T = unknown> = StandardSchema<unknown, T> | AiSdkSchema<T>

/** The type a schema yields. */
export type InferSchema<S> =
  S extends StandardSchema<infer _I, infer O> ? O : S extends AiSdkSchema<infer T> ? T : never
/** The type a schema takes. */
export type InferSchemaInput<S> =
  S extends StandardSchema<infer I, infer _O> ? I : S extends AiSdkSchema<infer T> ? T : never

const isStandard = (schema: unknown): schema is StandardSchema =>
  typeof schema === 'object' || typeof schema === 'function' ? schema !== null && '~standard' in schema : false

/** True for whatever `validate` and `jsonSchemaOf` can work with. */
export function isSchema(value: unknown): value is Schema {
  return isStandard(value) || (typeof value === 'object' && value !== null && 'jsonSchema' in value)
}

/** The parsed value, or the issues as one line each (`$.items[0].id: expected string`). Throws `SCHEMA_ASYNC`. */
export function check<T>(
  schema: Schema<T>,
  value: unknown,
  what: string,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly string[] } {
  if (isStandard(schema)) {
    const result = synchronous(schema['~standard'].validate(value), what)
    if (result.issues === undefined) return { ok: true, value: result.value }
    return { ok: false, issues: result.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`) }
  }
  if (schema.validate === undefined) return { ok: true, value: value as T }
  const result = synchronous(schema.validate(value), what) as { success: boolean; value?: T; error?: unknown }
  if (result.success) return { ok: true, value: result.value as T }
  return { ok: false, issues: [result.error instanceof Error ? result.error.message : String(result.error)] }
}

/** The parsed value. Throws `code` naming what was wrong. */
export function parse<T>(schema: Schema<T>, value: unknown, what: string, code: ErrorCode = 'INPUT_INVALID'): T {
  const result = check(schema, value, what)
  if (result.ok) return result.value
  throw new SkeinError(code, `${what} does not fit its schema: ${result.issues.slice(0, 5).join('; ')}`, {
    data: { issues: result.issues.slice(0, 20) },
  })
}

/** JSON Schema (draft-07) of what the schema takes. Throws `SCHEMA_UNSUPPORTED` where the library cannot render one. */
export function jsonSchemaOf(schema: Schema, what: string): Record<string, unknown> {
  if (isStandard(schema)) {
    const render = schema['~standard'].jsonSchema
    if (render !== undefined) {
      try {
        return render.input({ target: 'draft-07' })
      } catch (cause) {
        throw new SkeinError(
          'SCHEMA_UNSUPPORTED',
          `the schema of ${what} cannot be shown as JSON Schema: ` +
            `${cause instanceof Error ? cause.message : String(cause)}; use types that JSON has, or the AI SDK's ` +
            'jsonSchema()',
          { cause },
        )
      }
    }
    throw new SkeinError(
      'SCHEMA_UNSUPPORTED',
      `the schema of ${what} (${schema['~standard'].vendor}) renders no JSON Schema, which models need; update ` +
        `the library, or use the AI SDK's jsonSchema()`,
    )
  }
  return schema.jsonSchema as Record<string, unknown>
}

function synchronous<T>(result: T | Promise<T>, what: string): T {
  if (typeof result === 'object' && result !== null && 'then' in result) {
    void result.then(undefined, () => undefined)
    throw new SkeinError(
      'SCHEMA_ASYNC',
      `the schema of ${what} validates asynchronously; use a synchronous one, and do look-ups in a tool`,
    )
  }
  return result
}

function pathText(path: Issue['path']): string {
  let text = '$'
  for (const part of path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    text += typeof key === 'number' ? `[${key}]` : `.${String(key)}`
  }
  return text
}
