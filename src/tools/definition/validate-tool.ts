/** What makes a tool's definition valid; every complaint names the tool and the mend. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'
import { isSchema } from '../../kernel/index.ts'
import { TOOL_NAME_PATTERN } from '../limits.ts'

const EFFECTS: readonly unknown[] = ['local', 'read', 'write']
/** What other frameworks call `inputSchema`. */
const FOREIGN_WORDS = ['input', 'parameters', 'schema', 'args']

/** Throws `DEFINITION_INVALID` for the first thing that is wrong. */
export function validateTool(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null)
    fail('a tool', `is ${String(definition)}`, 'call tool({ name, inputSchema, execute })')
  const record = definition as Readonly<Record<string, unknown>>
  const who = typeof record['name'] === 'string' ? `tool "${record['name']}"` : 'a tool without a name'
  const refuse = (what: string, mend: string): never => fail(who, what, mend)
  validateNameAndSchemas(record, refuse)
  validateFunctions(record, refuse)
  validateEffect(record, refuse)
  for (const member of ['timeout', 'keyTtl', 'approvalExpires']) validateDuration(record[member], member, refuse)
  const { concurrency } = record
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && (concurrency as number) >= 1))
    refuse(`has concurrency ${JSON.stringify(concurrency)}`, 'write a whole number of 1 or more')
}

type Members = Readonly<Record<string, unknown>>
type Refuse = (what: string, mend: string) => never

function validateNameAndSchemas(record: Members, refuse: Refuse): void {
  const { name, inputSchema, outputSchema } = record
  if (name !== undefined && !(typeof name === 'string' && TOOL_NAME_PATTERN.test(name))) {
    refuse(`has the name ${JSON.stringify(name)}`, 'use 1 to 64 of A-Z a-z 0-9 _ -, which every model provider takes')
  }
  for (const member of ['description', 'version']) {
    if (record[member] !== undefined && typeof record[member] !== 'string')
      refuse(`has a ${member} that is no text`, `write ${member} as a string`)
  }
  if (!isSchema(inputSchema)) {
    const foreign = FOREIGN_WORDS.find((word) => isSchema(record[word]))
    refuse(
      inputSchema === undefined ? 'has no inputSchema' : 'has an inputSchema that is no schema',
      foreign === undefined
        ? "give a Standard Schema (zod, valibot, arktype, …) or the AI SDK's jsonSchema()"
        : `rename \`${foreign}\` to \`inputSchema\``,
    )
  }
  if (outputSchema !== undefined && !isSchema(outputSchema))
    refuse('has an outputSchema that is no schema', 'give a schema, or leave it out')
}

function validateFunctions(record: Members, refuse: Refuse): void {
  const { needsApproval, approvalExpires } = record
  for (const member of ['execute', 'reconcile']) {
    if (record[member] !== undefined && typeof record[member] !== 'function')
      refuse(`has an ${member} that is no function`, `write ${member} as a function of (input, options)`)
  }
  if (needsApproval !== undefined && typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function') {
    refuse(
      'has a needsApproval that is neither true, false nor a function',
      'write true, or a synchronous function of the input',
    )
  }
  if (approvalExpires !== undefined && (needsApproval === undefined || needsApproval === false)) {
    refuse('has approvalExpires but asks for no approval', 'add needsApproval: true, or leave approvalExpires out')
  }
}

function validateEffect(record: Members, refuse: Refuse): void {
  const { effect, idempotent } = record
  if (effect !== undefined && !EFFECTS.includes(effect))
    refuse(`has the effect ${JSON.stringify(effect)}`, "write 'local', 'read' or 'write' (write when in doubt)")
  if (idempotent !== undefined && typeof idempotent !== 'boolean')
    refuse('has an idempotent that is neither true nor false', 'write true only if repeats under one key do no harm')
  if (effect === undefined || effect === 'write') return
  for (const member of ['reconcile', 'keyTtl']) {
    if (record[member] !== undefined)
      refuse(
        `has ${member} but its effect is ${JSON.stringify(effect)}`,
        `only writes can be in doubt: write effect: 'write', or leave ${member} out`,
      )
  }
}

function validateDuration(value: unknown, member: string, refuse: Refuse): void {
  if (value === undefined) return
  let ms = 0
  try {
    ms = durationMs(value as Duration)
  } catch {
    // Not a duration at all: refused below with the rest.
  }
  if (ms <= 0)
    refuse(
      `has the ${member} ${JSON.stringify(value)}`,
      'write milliseconds above 0, or a text such as 500ms, 5s, 2m, 1h, 30d',
    )
}

function fail(who: string, what: string, mend: string): never {
  throw new SkeinError('DEFINITION_INVALID', `${who} ${what}; ${mend}`)
}
