/** Randomness as a port. */
export interface Random {
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
  /** Uniform in [0, 1). */
  next(): number
}
