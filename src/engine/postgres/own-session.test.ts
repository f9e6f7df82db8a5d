import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { demandOwnSession } from './own-session.ts'

type Session = { readonly pid: number; mark: string }

/** A pooler, or none: `sessionOf` says which session a connection has for its next transaction. */
function place(sessionOf: (connection: number, free: Session[]) => Session, tells: (session: Session) => number) {
  const free: Session[] = [1, 2].map((pid) => ({ pid, mark: '' }))
  const connection = (number: number) => {
    let held: Session | undefined
    const processID = tells(free[number]!)
    const query = async ({ text }: { readonly text: string }) => {
      const session = held ?? sessionOf(number, free)
      if (text === 'begin') {
        held = session
        free.splice(free.indexOf(session), 1)
      } else if (text === 'rollback') {
        free.push(session)
        held = undefined
      } else if (text.includes('set_config')) session.mark = 'own'
      return { rows: [{ pid: session.pid, mark: session.mark }] }
    }
    const client = { processID, query } as unknown as Client
    return { do: <T>(act: (client: Client) => Promise<T>): Promise<T> => act(client) }
  }
  const clock = { timer: () => ({ [Symbol.dispose]: () => undefined }) } as never
  const where = { connectionString: 'postgresql://ann:secret@pool:6432/skein', clock }
  return () => demandOwnSession(connection(0), connection(1), where)
}

const byNumber = (sessions: readonly Session[]) => (connection: number) => sessions[connection]!
const two = (): readonly Session[] => [1, 2].map((pid) => ({ pid, mark: '' }))

it('a server that answers itself, and a pool in session mode, give each connection a session of its own', async () => {
  const [direct, pooled] = [two(), two()]
  await expect(place(byNumber(direct), ({ pid }) => pid)()).resolves.toBeUndefined()
  await expect(place(byNumber(pooled), () => 77)()).resolves.toBeUndefined()
})

it('a pool that hands sessions out by the transaction is refused, and named without its password', async () => {
  const opening = place(
    (_, free) => free[0]!,
    () => 77,
  )()
  await expect(opening).rejects.toMatchObject({ code: 'ENGINE_REFUSED' })
  await expect(opening).rejects.toThrow(/ann@pool:6432\/skein is a pooler .* session mode/)
  await expect(opening).rejects.not.toThrow('secret')
})
