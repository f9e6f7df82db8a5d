/**
 * `offline`: a deterministic stand-in for a model, for examples and tests without a key or a network.
 * It understands nothing: it fills a schema with sentences, numbers and names found in the prompt, or repeats
 * the prompt's beginning. It never calls tools, and says what it is in every answer.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions as CallOptions } from '@ai-sdk/provider'
import type { LanguageModelV4GenerateResult as Result, LanguageModelV4StreamPart as Part } from '@ai-sdk/provider'

/** The name of the stand-in, alone or before a slash. */
export const OFFLINE = 'offline'
const SAYS_SO = 'answered by the offline stand-in, which is no model: it only picks pieces of the prompt'
const PREFIX = '[offline stand-in, no model] '
const ITEMS_MAX = 3
const DEPTH_MAX = 12
const CHARS_PER_TOKEN = 4
/** The distance kept from an exclusive bound. */
const NUDGE = 1e-6
/** What to look for, and what to say when it is not there. */
const FORMATS: Readonly<Record<string, readonly [RegExp, string]>> = {
  'date-time': [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/, '2000-01-01T00:00:00Z'],
  date: [/\d{4}-\d\d-\d\d/, '2000-01-01'],
  email: [/\w[\w.+-]*@[\w-]+\.[\w.]*\w/, 'nobody@example.com'],
  uri: [/https?:\/\/[^\s"'<>)\]]+/, 'https://example.com/'],
}

type Schema = Readonly<Record<string, unknown>>
/** What there is to pick from: sentences of the prompt, and members by name where it was JSON. */
type Source = { readonly sentences: readonly string[]; readonly members: ReadonlyMap<string, unknown> }
type Field = { readonly name: string; readonly root: Schema; readonly depth: number }

/** The stand-in. */
export function offlineModel(modelId = ''): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: OFFLINE,
    modelId: modelId || 'stand-in',
    supportedUrls: {},
    doGenerate: async (options) => answer(options),
    doStream: async (options) => ({ stream: ReadableStream.from(partsOf(answer(options))) }),
  }
}

function answer(options: CallOptions): Result {
  const source = sourceOf(promptText(options))
  const schema = options.responseFormat?.type === 'json' ? (options.responseFormat.schema as Schema) : undefined
  const filled = schema && JSON.stringify(fill(schema, source, { name: '', root: schema, depth: 0 }))
  const text = filled ?? PREFIX + source.sentences.slice(0, ITEMS_MAX).join(' ')
  const noTools = options.tools === undefined ? [] : ['the offline stand-in calls no tools']
  const [total, output] = [JSON.stringify(options.prompt), text].map((said) => Math.ceil(said.length / CHARS_PER_TOKEN))
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: 'stop', raw: OFFLINE },
    usage: {
      inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
    response: { modelId: OFFLINE },
    warnings: [SAYS_SO, ...noTools].map((message) => ({ type: 'other', message })),
  }
}

function* partsOf({ content, warnings, finishReason, usage }: Result): Iterable<Part> {
  yield { type: 'stream-start', warnings }
  yield { type: 'response-metadata', modelId: OFFLINE }
  yield { type: 'text-start', id: '0' }
  for (const part of content) if (part.type === 'text') yield { type: 'text-delta', id: '0', delta: part.text }
  yield { type: 'text-end', id: '0' }
  yield { type: 'finish', finishReason, usage }
}

/** The last thing a user said; without one, all there is. */
function promptText({ prompt }: CallOptions): string {
  const texts = prompt.map(({ role, content }) => {
    const parts = typeof content === 'string' ? [content] : content.map((part) => ('text' in part ? part.text : ''))
    return { role, text: parts.join('\n').trim() }
  })
  const asked = texts.findLast(({ role, text }) => role === 'user' && text !== '')
  return asked?.text ?? texts.map(({ text }) => text).join('\n')
}

function sourceOf(text: string): Source {
  const members = new Map<string, unknown>()
  const lines = wordsOf(jsonOr(text), members, '').split(/(?<=[.!?])\s+|\n+/)
  const sentences = lines.flatMap((line) => line.trim() || [])
  return { sentences: sentences.length === 0 ? [OFFLINE] : sentences, members }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The texts of a value, one per line; its members are noted by their names, the outermost first. */
function wordsOf(value: unknown, members: Map<string, unknown>, name: string): string {
  if (name !== '' && !members.has(name)) members.set(name, value)
  if (typeof value !== 'object' || value === null) return String(value)
  const named = (key: string): string => (Array.isArray(value) ? '' : key.toLowerCase())
  const texts = Object.entries(value).map(([key, member]) => wordsOf(member, members, named(key)))
  return texts.join('\n')
}

/** A value that fits the schema, from the source. */
function fill(given: Schema, source: Source, field: Field): unknown {
  const schema = plain(given, field.root)
  const options = 'const' in schema ? [schema['const']] : schema['enum']
  const spoken = source.sentences.join(' ')
  if (Array.isArray(options)) return options.find((option) => overlap(spoken, String(option)) > 0) ?? options[0]
  const type = typeOf(schema)
  if (type === 'null' || field.depth > DEPTH_MAX) return null
  const named = source.members.get(field.name.toLowerCase())
  const best = closest(source.sentences, field.name)
  switch (type) {
    case 'object':
      return fillObject(schema, source, field)
    case 'array':
      return fillArray(schema, source, field)
    case 'integer':
    case 'number':
      return fillNumber({ ...(type === 'integer' && { multipleOf: 1 }), ...schema }, named, `${best} ${spoken}`)
    case 'boolean':
      return typeof named === 'boolean' ? named : overlap(best, field.name) > 0
    default:
      return fillString(schema, typeof named === 'string' ? named : best, spoken)
  }
}

/** References followed, the first of alternatives taken. */
function plain(schema: Schema, root: Schema): Schema {
  const follow = (node: Schema, key: string): Schema => (node[key] ?? {}) as Schema
  let at = schema
  for (let hops = 0; hops < DEPTH_MAX; hops++) {
    const reference = at['$ref']
    const [first] = (at['anyOf'] ?? at['oneOf'] ?? []) as readonly Schema[]
    if (typeof reference === 'string') at = reference.split('/').slice(1).reduce(follow, root)
    else if (first !== undefined) at = first
    else break
  }
  return at
}

function typeOf(schema: Schema): unknown {
  const type = schema['type']
  if (Array.isArray(type)) return type.find((option) => option !== 'null')
  return type ?? ('properties' in schema || 'allOf' in schema ? 'object' : 'items' in schema ? 'array' : 'string')
}

function fillObject(schema: Schema, source: Source, field: Field): object {
  const parts = ((schema['allOf'] ?? []) as readonly Schema[]).map((part) => fill(part, source, field))
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const depth = field.depth + 1
  const value = (name: string): unknown => fill(properties[name] ?? {}, source, { ...field, name, depth })
  const required = (schema['required'] ?? []) as readonly string[]
  return Object.assign({}, ...parts, Object.fromEntries(required.map((name) => [name, value(name)])))
}

function fillArray(schema: Schema, source: Source, field: Field): unknown[] {
  const items = schema['prefixItems'] ?? schema['items'] ?? {}
  const at = { ...field, depth: field.depth + 1 }
  if (Array.isArray(items)) return items.map((item: Schema) => fill(item, source, at))
  const most = field.depth > DEPTH_MAX / 2 ? 0 : bound(schema, 'maxItems', ITEMS_MAX)
  const pick = (i: number): string[] => [source.sentences[i % source.sentences.length] ?? OFFLINE]
  const length = Math.max(bound(schema, 'minItems', 0), Math.min(source.sentences.length, ITEMS_MAX, most))
  return Array.from({ length }, (_, i) => fill(items as Schema, { ...source, sentences: pick(i) }, at))
}

function fillNumber(schema: Schema, named: unknown, words: string): number {
  const step = bound(schema, 'multipleOf', 0)
  const edge = step || NUDGE
  const least = Math.max(bound(schema, 'minimum', -Infinity), bound(schema, 'exclusiveMinimum', -Infinity) + edge)
  const most = Math.min(bound(schema, 'maximum', Infinity), bound(schema, 'exclusiveMaximum', Infinity) - edge)
  const found = typeof named === 'number' ? named : Number(/-?\d+(?:\.\d+)?/.exec(words)?.[0] ?? 0)
  const inside = Math.min(Math.max(found, least), most)
  if (step === 0) return inside
  const below = Math.floor(inside / step) * step
  return below < least ? Math.ceil(inside / step) * step : below
}

function fillString(schema: Schema, text: string, spoken: string): string {
  const [pattern, otherwise = ''] = FORMATS[String(schema['format'])] ?? []
  if (pattern !== undefined) return pattern.exec(spoken)?.[0] ?? otherwise
  return text.padEnd(bound(schema, 'minLength', 0), '.').slice(0, bound(schema, 'maxLength', Infinity))
}

function bound(schema: Schema, keyword: string, otherwise: number): number {
  const value = schema[keyword]
  return typeof value === 'number' ? value : otherwise
}

/** The sentence that shares most words with the name; the first of equals. */
function closest(sentences: readonly string[], name: string): string {
  return sentences.reduce((kept, sentence) => (overlap(sentence, name) > overlap(kept, name) ? sentence : kept))
}

function overlap(sentence: string, name: string): number {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').split(/[^A-Za-z\d]+/)
  return words.filter((word) => word.length > 2 && sentence.toLowerCase().includes(word.toLowerCase())).length
}
