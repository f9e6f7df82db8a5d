/**
 * Requests over HTTP/1.1 on connections that are kept. A thousand of them may be made at once beside the processes that run
 * here, and each costs a good deal less than by `fetch`.
 *
 * Invariants:
 * 1. Each one ends: with an answer, or a failure. One whose other side says nothing for as long as was given has failed.
 */
import { Agent, request as requestPlain } from 'node:http'
import type { ClientRequest } from 'node:http'
import { Agent as SecureAgent, request as requestSecure } from 'node:https'
import { CONNECTION_KEPT_MS } from './limits.ts'

/** What is asked. */
export type Question = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly silenceMsMax: number
}

/** What was answered. */
export type Answer = { readonly status: number; readonly text: string }

/** The requests of one engine. */
export class Requests {
  readonly #plain = new Agent({ keepAlive: true, timeout: CONNECTION_KEPT_MS })
  readonly #secure = new SecureAgent({ keepAlive: true, timeout: CONNECTION_KEPT_MS })
  readonly #open = new Set<ClientRequest>()

  /** Rejects with what went wrong on the way. */
  ask(url: string, { method, headers, body, silenceMsMax }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:')
      const about = {
        agent: isSecure ? this.#secure : this.#plain,
        method,
        headers: body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        timeout: silenceMsMax,
      }
      const asked = (isSecure ? requestSecure : requestPlain)(url, about, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      })
      this.#open.add(asked)
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${silenceMsMax} ms`)))
      asked.on('error', reject)
      asked.on('close', () => {
        this.#open.delete(asked)
        // After an answer it says nothing any more.
        reject(new Error('the connection was closed'))
      })
      asked.end(body)
    })
  }

  /** Everything that is under way fails. */
  close(): void {
    for (const asked of this.#open) asked.destroy()
    this.#plain.destroy()
    this.#secure.destroy()
  }
}
