/** The parts of the optional package `pg` that are used here. */
declare module 'pg' {
  const pg: { readonly Client: typeof Client }
  export default pg
  export class Client {
    constructor(config: object)
    connect(): Promise<void>
    query(query: {
      readonly text: string
      readonly values?: readonly unknown[]
      readonly name?: string
    }): Promise<{ readonly rows: readonly unknown[] }>
    end(): Promise<void>
    on(event: 'error' | 'end', listener: (error?: Error) => void): this
    on(event: 'notification', listener: (message: { readonly payload?: string }) => void): this
    /** What the other side told of itself when the connection was made. */
    readonly processID: number | null
    readonly connection: { readonly stream: { destroy(): void } }
  }
}
