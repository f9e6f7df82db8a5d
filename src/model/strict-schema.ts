/**
 * The form of a JSON Schema that OpenAI's strict mode takes (constrained decoding): every object closed,
 * every property required, and no keyword outside its list.
 */
const SUBSCHEMAS = new Set(['items', 'additionalProperties'])
const SCHEMA_LISTS = new Set(['anyOf'])
const SCHEMA_RECORDS = new Set(['properties', '$defs', 'definitions'])
const PLAIN = new Set([
  ...['$schema', '$ref', 'type', 'title', 'description', 'enum', 'const', 'required', 'minimum', 'maximum'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minItems', 'maxItems'],
])

type JsonSchema = Readonly<Record<string, unknown>>

/** The strict form, with open objects closed; undefined where strict mode would refuse the schema. */
export function strictForm(schema: JsonSchema): Record<string, unknown> | undefined {
  return schema['type'] === 'object' ? strict(schema) : undefined
}

function strict(schema: unknown): Record<string, unknown> | undefined {
  if (!isRecord(schema)) return undefined
  const form: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const part = strictMember(keyword, value)
    if (part === undefined) return undefined
    form[keyword] = part
  }
  if (schema['type'] !== 'object') return form
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const properties = Object.keys(isRecord(schema['properties']) ? schema['properties'] : {})
  const closed = form['additionalProperties'] === undefined || form['additionalProperties'] === false
  if (!closed || !properties.every((name) => required.includes(name))) return undefined
  return { ...form, properties: form['properties'] ?? {}, required, additionalProperties: false }
}

function strictMember(keyword: string, value: unknown): unknown {
  if (PLAIN.has(keyword) || (keyword === 'additionalProperties' && value === false)) return value
  if (SUBSCHEMAS.has(keyword)) return strict(value)
  if (SCHEMA_LISTS.has(keyword)) return Array.isArray(value) ? allOrNothing(value.map(strict)) : undefined
  if (!SCHEMA_RECORDS.has(keyword) || !isRecord(value)) return undefined
  const forms = allOrNothing(Object.values(value).map(strict))
  return forms && Object.fromEntries(Object.keys(value).map((name, i) => [name, forms[i]]))
}

function allOrNothing(forms: readonly unknown[]): readonly unknown[] | undefined {
  return forms.includes(undefined) ? undefined : forms
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
