/** Floor 2: models. Providers, the driver of model calls, typed output, and the offline stand-in. */
export type { Env, ModelsConfig, ModelSources, Price, ProviderConfig } from './config.ts'
export { contextWindowOf } from './context-window.ts'
export { modelDriver } from './driver.ts'
export type { ModelDriverOptions } from './driver.ts'
export type { ModelFailureData } from './failure.ts'
export { offlineModel } from './offline.ts'
export { readAnswer } from './read-answer.ts'
export { resolveModel } from './resolve.ts'
