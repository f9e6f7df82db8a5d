/** Data as text: canonical for keys, encoded for the journal. */
export { canon } from './canon.ts'
export { IDENTITY, isPlainJson } from './data.ts'
export { decode, encode } from './encode.ts'
