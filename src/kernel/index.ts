/** Floor 1: the kernel. No I/O, no clock, no randomness, no `node:` imports; everything comes through its ports. */
export { addAmounts, capOf, DIMENSIONS, subtractAmounts } from './accounts/amounts.ts'
export type { Amounts, Budget, Dimension } from './accounts/amounts.ts'
export type {
  AgentDefinition,
  AnyDefinition,
  CodeRegistry,
  Definition,
  WorkflowDefinition,
} from './definitions/definition.ts'
export { modelName, textOf, toolCallsOf } from './definitions/model.ts'
export type {
  ChatMessage,
  FilePart,
  FinishReason,
  ModelAnswer,
  ModelRef,
  ModelRequest,
  ReasoningPart,
  Sampling,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  ToolSpec,
  Usage,
} from './definitions/model.ts'
export type {
  Dropped,
  ReducerAsk,
  ReducerFactory,
  ReducerInstance,
  ReducerOutcome,
  ReducerStep,
  ShownText,
  ShownTexts,
} from './definitions/reducer.ts'
export { noteDefinition } from './definitions/defined.ts'
export { codeDigest, createRegistry } from './definitions/registry.ts'
export type { DefinitionRegistry } from './definitions/registry.ts'
export { check, isSchema, jsonSchemaOf, parse } from './definitions/schema.ts'
export type { AiSdkSchema, InferSchema, InferSchemaInput, Schema, StandardSchema } from './definitions/schema.ts'
export { lentMessages } from './definitions/lent-messages.ts'
export type { AnyTool, Reconciled, Tool, ToolExecutionOptions, ToolLike } from './definitions/tool.ts'
export { Abort } from './effects/abort.ts'
export { isPending, pending } from './effects/pending.ts'
export type { Pending } from './effects/pending.ts'
export { PENDING_TOKEN_CHARACTERS_MAX } from './limits.ts'
export { FACT_VERSION } from './journal/facts.ts'
export type {
  Born,
  EffectClass,
  EffectKind,
  Fact,
  FactBody,
  FactOf,
  MessagePattern,
  WaitOn,
  WriteVerdict,
} from './journal/facts.ts'
export { writesOf } from './journal/fork.ts'
export type { Forked, ForkOverrides, ForkRequest, ForkWrites } from './journal/fork.ts'
export { shareFacts } from './forks/shared-facts.ts'
export { ERASED, failure, failureOf, NOTHING, payloadOf, valueOf } from './journal/outcome.ts'
export type { Outcome, Payload } from './journal/outcome.ts'
export { eraseFrame } from './journal/erase-frame.ts'
export { isPayload, CHAIN_START, openFrame, sealFrame, verifyFrame } from './journal/seal.ts'
export type { BlobToStore, SealedFrame, StoredPayload } from './journal/seal.ts'
export type {
  Activation,
  CommitEnd,
  Control,
  DeliverResult,
  Event,
  FrameEffects,
  Message,
  Outgoing,
  Quarantine,
  PerformAbout,
  Settled,
  Settlement,
  StartRequest,
  Summary,
  Wait,
} from './ports/activation.ts'
export type { Driver, DriverResult, Drivers, EffectCall, ModelCall, StepCall, ToolCall } from './ports/driver.ts'
export type { SwitchedOff, SwitchedThing, Switches } from './ports/switches.ts'
export type { AnswerReader, KernelDeps, Macrotask, Trace } from './ports/host.ts'
export type {
  CallOptions,
  ChildHandle,
  Collected,
  ContinueAsNew,
  Ctx,
  DefinitionInput,
  DefinitionOutput,
  ForkOptions,
  ModelInput,
  ModelResult,
  ReceivedMessage,
  ReceiveOptions,
  RunOptions,
  StepFn,
  StepOptions,
  ToolCallOptions,
} from './workflows/context.ts'
export { Account } from './accounts/account.ts'
export type { AccountData } from './accounts/account.ts'
export { checkNeeds } from './definitions/needs.ts'
export type { EngineNeeds } from './definitions/needs.ts'
export { retentionMember, retentionMs } from './definitions/retention.ts'
export type { Retention } from './definitions/retention.ts'
export { checkName, workflow } from './definitions/workflow.ts'
export type { WorkflowSettings } from './definitions/workflow.ts'
export { baseKey, suffixOf } from './keys/key.ts'
export { liesWithin } from './scopes/scope.ts'
export { matches, REPLY_TOPIC } from './messages/pattern.ts'
export { addressOf, busyOf, busyTopic, LAST_TYPE, WHEN_BUSY } from './messages/when-busy.ts'
export type { Address, WhenBusy } from './messages/when-busy.ts'
export { demandedAfter, failingKeys, hasCompensated, mayBeHadAgain, wasAnswered } from './processes/failing.ts'
export { createKernel } from './processes/kernel.ts'
export type { Kernel } from './processes/kernel.ts'
export { ProcessState } from './processes/process-state.ts'
export type { ChildRecord } from './processes/child-record.ts'
export type { EffectRecord } from './processes/effect-record.ts'
export { maskJournal } from './masking/mask-journal.ts'
export type { MaskedJournal, ToMask } from './masking/mask-journal.ts'
export { Pseudonyms } from './masking/pseudonym.ts'
export { tryCode } from './upgrade/try-code.ts'
export type { AmbiguousAsk, AskedAnew, RecordedEffect, UpgradeOutcome, UpgradeReport } from './upgrade/report.ts'
export type { Migrate } from './definitions/definition.ts'
