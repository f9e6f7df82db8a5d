/** SHA-256 as a synchronous port (rule K3); the adapters use the platform's own. */
export interface Hash {
  /** Lower-case hex SHA-256 of the UTF-8 text. */
  sha256(text: string): string
}
