import type { SkeinError } from '../../std/index.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { HeldKey } from './held-keys.ts'
import type { ServerAddress } from './server.ts'

/** Where an installation of Skein lies on a Restate server, and where this worker is reached. */
export type RestateOptions = ServerAddress & {
  /** Installations of different names on one server know nothing of each other; default `skein`. */
  readonly name?: string
  readonly worker?: {
    /** Keep it over restarts: what is under way is called again where it was. Default: any that is free. */
    readonly port?: number
    /** Other workers of this installation on this machine have the same port; the system shares connections out. */
    readonly sharePort?: boolean
    /** Listens there; default 127.0.0.1. */
    readonly address?: string
    /** How the server reaches this worker; default the address and port that it listens on. */
    readonly url?: string
    /** Public keys of the server: requests that it has not signed are refused. */
    readonly identityKeys?: readonly string[]
  }
  /**
   * On how many nodes the cluster keeps each record, as it was provisioned (a server tells nobody): from two on, of a cluster
   * that has as many, the engine promises `durability: 'quorum'`. Default 1.
   */
  readonly replication?: number
  /** Where payloads go that are too large for their frames; default nowhere. The same for whoever works or looks: `s3({ … })`. */
  readonly blobs?: BlobStore
  /** Hears that it is away, once each time: processes that need it wait. */
  readonly onBlobsAway?: (why: SkeinError) => void
  /**
   * False: nothing is served here; only ask and act through the workers that run elsewhere. `mail`: this worker answers
   * whoever asks, and runs nothing, so that mail is taken while those that run processes are away. Default true.
   */
  readonly serve?: boolean | 'mail'
  /** Hears of a process whose handler the server has forgotten: `free` it; or whose every attempt fails, as `failure` says. */
  readonly onHeldUp?: (held: HeldKey) => void
}
