import { hash } from 'node:crypto'
import type { Hash } from '../../std/index.ts'

/** OpenSSL's SHA-256. */
export const nodeHash: Hash = { sha256: (text) => hash('sha256', text, 'hex') }
