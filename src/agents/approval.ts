/**
 * Agent-level approvals, in the AI SDK's forms. They are added to a tool's own `needsApproval`: whoever wants
 * a person to look gets one, and nothing here lifts what a tool asks for itself.
 */
import { SkeinError } from '../std/index.ts'
import { lentMessages } from '../kernel/index.ts'
import type { AnyTool, ToolCallPart } from '../kernel/index.ts'

type StatusName = 'not-applicable' | 'approved' | 'denied' | 'user-approval'
/** True and `user-approval` ask a person; `denied` refuses; the rest leaves it to the tool. */
export type ApprovalStatus = boolean | undefined | StatusName | { readonly type: StatusName; readonly reason?: string }

type Answer = ApprovalStatus | PromiseLike<ApprovalStatus>
type CallFacts = { readonly toolCallId: string; readonly messages: readonly unknown[] }
type ByTool = { bivarianceHack(input: unknown, options: CallFacts): Answer }['bivarianceHack']
type ByCall = {
  bivarianceHack(options: { toolCall: ToolCallPart; messages: readonly unknown[] }): Answer
}['bivarianceHack']

/** Names of tools, a status or function per tool, or one function for all. Functions are synchronous. */
export type ToolApproval = readonly string[] | Readonly<Record<string, ApprovalStatus | ByTool>> | ByCall

/** One tool call as the functions of `toolApproval` see it. */
export type ApprovalCall = { readonly call: ToolCallPart; readonly messages: readonly unknown[] }

/** Adds the approvals of one agent to the tools of that agent. */
export type Approvals = {
  /** The tool with what is the same for every call; made once. */
  fixed(name: string, tool: AnyTool): AnyTool
  /** The tool with what may differ from call to call. */
  perCall(name: string, tool: AnyTool, about: ApprovalCall): AnyTool
}

const same = (_name: string, tool: AnyTool): AnyTool => tool

/** The approvals of an agent's `toolApproval`. Throws `DEFINITION_INVALID` for names that are not its tools. */
export function approvalsOf(
  approval: ToolApproval | undefined,
  toolNames: ReadonlySet<string>,
  subAgentNames: ReadonlySet<string>,
  agentName: string,
): Approvals {
  if (approval === undefined) return { fixed: same, perCall: same }
  if (typeof approval === 'function') {
    if (subAgentNames.size > 0) throw notTools(agentName, [...subAgentNames], 'a function cannot speak for sub-agents')
    const verdict = ({ call, messages }: ApprovalCall): Answer => {
      const lent = lentMessages(messages)
      return approval({
        toolCall: call,
        get messages() {
          return lent()
        },
      })
    }
    return {
      fixed: same,
      perCall: (name, tool, about) =>
        withNeed(tool, (input) => judge(verdict({ ...about, call: { ...about.call, input } }), name, agentName)),
    }
  }
  const rules = new Map<string, ApprovalStatus | ByTool>(
    isNameList(approval) ? approval.map((name) => [name, true]) : Object.entries(approval),
  )
  const subAgents = [...rules.keys()].filter((name) => subAgentNames.has(name))
  if (subAgents.length > 0) throw notTools(agentName, subAgents, 'a sub-agent is not approved as a whole')
  const strangers = [...rules.keys()].filter((name) => !toolNames.has(name))
  if (strangers.length > 0) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `toolApproval of agent "${agentName}" names ${strangers.join(', ')}, which it does not have; ` +
        `its tools: ${[...toolNames].join(', ') || 'none'}`,
    )
  }
  return {
    fixed(name, tool) {
      const rule = rules.get(name)
      return rule === undefined || typeof rule === 'function'
        ? tool
        : withNeed(tool, () => judge(rule, name, agentName))
    },
    perCall(name, tool, { call, messages }) {
      const rule = rules.get(name)
      if (typeof rule !== 'function') return tool
      const lent = lentMessages(messages)
      const facts = {
        toolCallId: call.toolCallId,
        get messages() {
          return lent()
        },
      }
      return withNeed(tool, (input) => judge(rule(input, facts), name, agentName))
    },
  }
}

function withNeed(tool: AnyTool, isNeeded: (input: unknown) => boolean): AnyTool {
  const own = tool.needsApproval
  return {
    ...tool,
    needsApproval(input: unknown) {
      if (isNeeded(input)) return true
      const verdict: unknown = typeof own === 'function' ? own(input) : (own ?? false)
      return verdict !== false
    },
  }
}

/** Throws for `denied`, so that the call is refused and the model sees why. */
function judge(answer: Answer, name: string, agentName: string): boolean {
  if (typeof answer === 'object' && 'then' in answer) {
    void answer.then(undefined, () => undefined)
    throw new SkeinError(
      'DEFINITION_INVALID',
      `toolApproval of agent "${agentName}" answers for ${name} with a promise; answer at once, and do look-ups in a tool`,
    )
  }
  const status = typeof answer === 'object' ? answer.type : answer
  if (status === 'denied') {
    const reason = typeof answer === 'object' && answer.reason !== undefined ? `: ${answer.reason}` : ''
    throw new SkeinError('APPROVAL_DENIED', `agent "${agentName}" may not call ${name} like this${reason}`)
  }
  return status === true || status === 'user-approval'
}

function notTools(agentName: string, names: readonly string[], why: string): SkeinError {
  return new SkeinError(
    'DEFINITION_INVALID',
    `toolApproval of agent "${agentName}" would have to decide about ${names.join(', ')}, and ${why}; ` +
      `put needsApproval on the tools inside, and name only the agent's own tools here`,
  )
}

function isNameList(approval: ToolApproval): approval is readonly string[] {
  return Array.isArray(approval)
}
