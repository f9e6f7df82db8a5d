/** What a tool's definition says about an effect of it: class, repeats, time, approval. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Hash } from '../../std/index.ts'
import type { AnyTool } from '../definitions/tool.ts'
import { payloadOf } from '../journal/outcome.ts'
import { contentIdent } from '../keys/key.ts'
import type { CallOptions } from '../workflows/context.ts'
import type { EffectAsk } from './ask.ts'

/** All of an effect ask but who asks. `input` is what the author or the model wrote, before parsing. */
export function toolEffect(
  tool: AnyTool,
  name: string,
  input: unknown,
  about: {
    readonly toolCallId: string
    readonly messages: readonly unknown[]
    /** The content ident of `input`, where it is known already. */
    readonly argsHash?: string | undefined
    readonly options?: CallOptions
  },
  hash: Hash,
): Omit<EffectAsk, 'key' | 'scope' | 'settle'> {
  if (tool.execute === undefined)
    throw new SkeinError(
      'DEFINITION_INVALID',
      `tool ${name} has no execute; give it one, or leave it to the client that runs it`,
    )
  const { options = {} } = about
  const args = payloadOf(input, 'ARGS_NOT_DATA')
  const timeout = options.timeout ?? tool.timeout
  return {
    op: 'effect',
    class: tool.effect ?? 'write',
    name,
    idempotent: tool.idempotent === true,
    argsHash: about.argsHash ?? contentIdent(input, hash),
    args,
    timeoutMs: timeout === undefined ? undefined : durationMs(timeout),
    attemptsMax: options.attempts ?? 1,
    approval: {
      needed: options.approval ?? tool.needsApproval ?? false,
      expiresMs: tool.approvalExpires === undefined ? undefined : durationMs(tool.approvalExpires),
    },
    again: options.again === true,
    onUnknown: options.onUnknown ?? 'park',
    keyTtlMs: tool.keyTtl === undefined ? undefined : durationMs(tool.keyTtl),
    work: { kind: 'tool', tool, toolCallId: about.toolCallId, messages: about.messages, rawInput: args },
  }
}
