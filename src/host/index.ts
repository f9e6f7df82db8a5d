/** Floor 5: hosts. `open()` and `run()` for programs; the command line is behind `cli/`. */
export type { SkeinConfig } from './config/config.ts'
export { open } from './open.ts'
export type { OpenOptions } from './hosting/open-host.ts'
export type { Letter, Resolution } from './operate/acts.ts'
export { run } from './run.ts'
export type { RunOptions } from './run.ts'
export type { By, RunHandle, RunSettings, Skein } from './skein.ts'
export type { Step } from './views/usage.ts'
