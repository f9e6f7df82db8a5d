/** Tools: `tool()`, the drivers that run tools and steps, and the built-in tools over a folder and over commands. */
export { tool } from './definition/tool.ts'
export type { DefinedTool, ToolDefinition, ToolOptions } from './definition/tool.ts'
export { stepDriver } from './drivers/step-driver.ts'
export { toolDriver } from './drivers/tool-driver.ts'
export type { ToolDriverOptions } from './drivers/tool-driver.ts'
