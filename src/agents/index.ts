/** Floor 3: agents. `agent()` and the loop behind it. */
export { agent } from './agent.ts'
export type { AgentInput } from './agent.ts'
export type { ApprovalStatus, ToolApproval } from './approval.ts'
export type { AgentOutput, AgentText, AiSdkOutput } from './output.ts'
export type { Instructions, MessageInput } from './prompt.ts'
export type { AgentSettings, ToolChoice } from './settings.ts'
export type { AgentStep, StopCondition } from './steps.ts'
export type { AgentTool, AgentTools } from './toolset.ts'
