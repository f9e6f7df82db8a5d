/**
 * An engine by its address, as it stands on the command line and in skein.config: `restate://127.0.0.1:8080`. What the
 * address does not say is looked for where such servers have it.
 */
import { postgres, restate } from '../../engine/index.ts'
import type { Engine, JournalProblem, Movable, PostgresOptions, RestateOptions } from '../../engine/index.ts'
import type { Switches } from '../../kernel/index.ts'
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Pid } from '../../std/index.ts'
import { commandFor } from '../words/command.ts'
import { blobsFrom } from './blobs-address.ts'

/** An engine that was opened by its address. */
export type NamedEngine = Engine &
  Movable & {
    readonly switchboard: Switches
    verify(pid?: Pid): AsyncIterable<JournalProblem>
    /** Lets a process go on that its server keeps and does not go on with; false when it was not held up. */
    free?(pid: Pid): Promise<boolean>
  }

/** How somebody uses it: as one who asks and acts, as a worker that also runs processes, or as one that only answers who asks. */
export type Use = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly serve: boolean | 'mail'
  /** Hears of what a worker should be told. */
  readonly warn?: (line: string) => void
}

type Parameters = Readonly<Record<string, string>>
type Scheme = {
  /** What may stand behind the `?`, where that is ours to say. Such an address holds no credentials. */
  readonly parameters?: readonly string[]
  readonly example: string
  readonly open: (url: URL, parameters: Parameters, use: Use) => Promise<NamedEngine>
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  restate: {
    parameters: ['also', 'admin', 'name', 'secure', 'port', 'address', 'url', 'share', 'identity', 'replication'],
    example: 'restate://127.0.0.1:8080',
    open: async (url, parameters, use) => restate(restateOptions(url, parameters, use)),
  },
  postgres: { example: 'postgres://user@127.0.0.1/database', open: openPostgres },
  postgresql: { example: 'postgresql://user@127.0.0.1/database', open: openPostgres },
}

/** `?schema=` and `?lease=` are ours, the rest is for the server's driver, which also knows where to look for a password. */
async function openPostgres(url: URL, { schema, lease }: Parameters, use: Use): Promise<NamedEngine> {
  if (use.serve === 'mail')
    throw new SkeinError(
      'USAGE',
      'on Postgres mailboxes are in the database, and whoever asks needs no worker; leave out --mail-only',
    )
  const connection = new URL(url)
  for (const ours of ['schema', 'lease']) connection.searchParams.delete(ours)
  return postgres({
    connectionString: connection.href,
    ...blobsOf(use),
    ...(schema === undefined ? {} : { schema }),
    ...(lease === undefined ? {} : { leaseMs: leaseOf(lease) }),
  })
}

function blobsOf({ env, warn }: Use): Pick<PostgresOptions, 'blobs' | 'onBlobsAway'> {
  const blobs = blobsFrom(env)
  if (blobs === undefined) return {}
  const onBlobsAway = (why: SkeinError): void => warn?.(`processes wait for the store of blobs: ${why.message}`)
  return { blobs, onBlobsAway }
}

function leaseOf(text: string): number {
  try {
    return durationMs(text)
  } catch (cause) {
    throw new SkeinError('USAGE', `lease=${text} is not a duration; write 5s, 15s, 1m`, { cause })
  }
}

const RESTATE_ADMIN_PORT = 9070
const RESTATE_WORKER_PORT = 9080
const PORT_MAX = 65_535
const TOKEN = 'SKEIN_ENGINE_TOKEN'

const listOf = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split(','))

function isTrue(parameters: Parameters, name: string): boolean {
  const said = parameters[name] ?? 'false'
  if (said === 'true' || said === 'false') return said === 'true'
  throw new SkeinError('USAGE', `${name}=${said} is neither true nor false`)
}

function restateOptions(url: URL, parameters: Parameters, use: Use): RestateOptions {
  const { env, serve, warn } = use
  const http = isTrue(parameters, 'secure') ? 'https' : 'http'
  const nodes = [url.host, ...listOf(parameters['also'])].map((host) => `${http}://${host}`)
  const admins = listOf(parameters['admin']).map((admin) => (admin.includes('://') ? admin : `${http}://${admin}`))
  const { name, address } = parameters
  const port = Number(parameters['port'] ?? RESTATE_WORKER_PORT)
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX)
    throw new SkeinError('USAGE', `port=${parameters['port']} is no port; write a whole number from 1 to ${PORT_MAX}`)
  const replication = Number(parameters['replication'] ?? 1)
  if (!Number.isInteger(replication) || replication < 1)
    throw new SkeinError('USAGE', `replication=${parameters['replication']} is no number of nodes; write 1, 2, 3, …`)
  const token = env[TOKEN]
  return {
    ...blobsOf(use),
    ingress: nodes,
    replication,
    admin:
      admins.length > 0 ? admins : nodes.map((node) => `${http}://${new URL(node).hostname}:${RESTATE_ADMIN_PORT}`),
    serve,
    ...(warn === undefined
      ? {}
      : {
          onHeldUp: ({ pid, failure }) =>
            warn(
              `the server does not go on with ${pid}` +
                (failure === undefined
                  ? `; free it with: ${commandFor(undefined, url.href)('free', pid)}`
                  : ` (every attempt fails: ${failure}); mend what that names, and it goes on by itself`),
            ),
        }),
    ...(name === undefined ? {} : { name }),
    ...(token === undefined ? {} : { token }),
    worker: {
      // The same after a restart: what was under way is called again at the address that it was called at.
      port,
      sharePort: isTrue(parameters, 'share'),
      ...(address === undefined ? {} : { address }),
      ...(parameters['url'] === undefined ? {} : { url: parameters['url'] }),
      identityKeys: listOf(parameters['identity']),
    },
  }
}

/** An address as it may be shown: a password is nobody's business. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\/\/[^/]*@/, '//…@')
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  if (url.searchParams.has('password')) url.searchParams.set('password', '***')
  return url.href
}

/** Opens it. Throws `USAGE` for an address that is none, and what the engine throws that cannot be reached. */
export async function openNamed(address: string, use: Use): Promise<NamedEngine> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol.slice(0, -1)]
  if (url === undefined || scheme === undefined || url.host === '')
    throw new SkeinError(
      'USAGE',
      `"${shownAddress(address)}" is no address of an engine; write ${Object.values(SCHEMES)
        .map(({ example }) => example)
        .join(' or ')}, or leave it out for the data folder`,
    )
  const parameters = Object.fromEntries(url.searchParams)
  if (scheme.parameters !== undefined) checkOwn(url, scheme.parameters)
  return scheme.open(url, parameters, use)
}

function checkOwn(url: URL, known: readonly string[]): void {
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new SkeinError(
      'USAGE',
      `an address ${url.protocol}// has no "${unknown}"; what may stand behind the ? is ${known.join(', ')}`,
    )
  if (url.username !== '' || url.password !== '')
    throw new SkeinError('USAGE', `an address of an engine holds no credentials; put the token into ${TOKEN}`)
}
