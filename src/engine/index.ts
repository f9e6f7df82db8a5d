/** Engines: the port and its adapters. */
export type { Change, Engine, EngineTraits, Frame, HostOptions, ProcessStatus, ProcessView, Query } from './port.ts'
