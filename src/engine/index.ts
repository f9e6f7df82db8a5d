/** Engines: the port and its adapters. */
export type { Blobs, BlobStore, LocalBlobs } from './blobs/blob-store.ts'
export { isOfBlobs } from './blobs/journal-blobs.ts'
export type { S3Credentials, S3Options } from './blobs/s3/bucket-address.ts'
export { s3 } from './blobs/s3/s3.ts'
export { createEngine } from './embedded/create-engine.ts'
export { attachEmbedded } from './embedded/folder/attach-embedded.ts'
export type { AttachedEngine } from './embedded/folder/attach-embedded.ts'
export { backupFolder, restoreFolder } from './embedded/folder/backup.ts'
export type { BackupNote, Restored } from './embedded/folder/backup.ts'
export { openEmbedded } from './embedded/folder/open-embedded.ts'
export { blobFiles } from './embedded/folder/blob-files.ts'
export type { EmbeddedEngine, EmbeddedOptions } from './embedded/folder/open-embedded.ts'
export type { OwnerInfo } from './embedded/folder/owner-lock.ts'
export { readEmbedded } from './embedded/folder/read-embedded.ts'
export type { FolderReader } from './embedded/folder/read-embedded.ts'
export type { EngineParts, JournalProblem, LocalEngine } from './embedded/local-engine.ts'
export type { Store } from './embedded/store/store.ts'
export type { Tables } from './embedded/store/tables.ts'
export { memoryBlobs } from './memory/memory-blobs.ts'
export { memoryMedium } from './memory/memory-medium.ts'
export type { MemoryMedium, StoreFaults } from './memory/memory-medium.ts'
export { backOf } from './move/at-rest.ts'
export type { Baggage, Departure, Movable, MovedRun } from './move/moved-run.ts'
export { nodeClock } from './platform/node-clock.ts'
export { nodeHash } from './platform/node-hash.ts'
export { nodeMacrotask } from './platform/node-macrotask.ts'
export { nodeRandom } from './platform/node-random.ts'
export { nodeSoon } from './platform/node-soon.ts'
export type { Soon } from './platform/soon.ts'
export { openPostgres } from './postgres/open-postgres.ts'
export type { PostgresEngine, PostgresOptions } from './postgres/open-postgres.ts'
export { postgres } from './postgres/postgres.ts'
export { openRestate } from './restate/open-restate.ts'
export { restate } from './restate/restate.ts'
export type { RestateEngine } from './restate/restate-engine.ts'
export type { RestateOptions } from './restate/restate-options.ts'
export { fileStreams } from './streams/file-streams.ts'
export type { LiveChunk, LiveEvent, LiveRead } from './streams/live-event.ts'
export { LiveStreams } from './streams/live-streams.ts'
export type { FollowOptions } from './streams/live-streams.ts'
export { memoryStreams } from './streams/memory-streams.ts'
export { rowStreams, rowStreamsBeside } from './streams/row-streams.ts'
export type { StreamMedium, StreamReader } from './streams/stream-medium.ts'
export type {
  Change,
  Engine,
  EngineTraits,
  Erased,
  Frame,
  HostOptions,
  ProcessStatus,
  ProcessView,
  Query,
  SettleResult,
  Switch,
  SwitchChange,
} from './port.ts'
