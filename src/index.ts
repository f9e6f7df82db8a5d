/** The few names a newcomer needs; everything else lives in `skein/kernel`, `skein/tools`, `skein/testing`, … */
export { agent } from './agents/index.ts'
export { open, run } from './host/index.ts'
export type { RunHandle, Skein, SkeinConfig } from './host/index.ts'
export { pending, workflow } from './kernel/index.ts'
export type { Budget, Ctx } from './kernel/index.ts'
export { SkeinError } from './std/index.ts'
export { tool } from './tools/index.ts'
