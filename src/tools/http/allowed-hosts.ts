/** Which addresses of the web a tool may ask: an allow-list of hosts, https unless a host says otherwise. */
import { SkeinError } from '../../std/index.ts'

/** `docs.example.org`, `*.example.org` (any name below it), `example.org:8443`, `http://example.org` (not encrypted). */
export type HostPattern = string

type Host = { readonly protocol: string; readonly name: string; readonly isBelow: boolean; readonly port: string }

const PATTERN = /^(?:(https?):\/\/)?(\*\.)?(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(?::(\d{1,5}))?$/

/** Whether a URL may be asked for. */
export type UrlRule = (url: URL) => boolean

/** The rule of an allow-list. Throws `DEFINITION_INVALID`. */
export function urlRule(patterns: readonly HostPattern[]): UrlRule {
  const hosts = patterns.map(hostOf)
  return (url) => url.username === '' && url.password === '' && hosts.some((host) => fits(host, url))
}

function hostOf(pattern: HostPattern): Host {
  const [, scheme = 'https', below, name, port = ''] = PATTERN.exec(pattern) ?? []
  if (name === undefined)
    throw new SkeinError(
      'DEFINITION_INVALID',
      `${JSON.stringify(pattern)} is no host; write docs.example.org, *.example.org, example.org:8443 or http://localhost:3000`,
    )
  // As URLs write it: small letters, no port where it is the usual one.
  const { hostname, port: unusual } = new URL(`${scheme}://${name}${port === '' ? '' : `:${port}`}`)
  return { protocol: `${scheme}:`, name: hostname, isBelow: below !== undefined, port: unusual }
}

function fits({ protocol, name, isBelow, port }: Host, url: URL): boolean {
  if (url.protocol !== protocol || url.port !== port) return false
  const host = url.hostname.replace(/\.$/, '')
  return isBelow ? host.endsWith(`.${name}`) : host === name
}
