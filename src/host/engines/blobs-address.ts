/**
 * A store of blobs by its address, as it stands in the environment: `SKEIN_BLOBS=s3://bucket/prefix/?endpoint=…&region=…`.
 * Keys come from the variables that every tool for S3 reads, and never from the address.
 */
import { s3 } from '../../engine/index.ts'
import type { BlobStore } from '../../engine/index.ts'
import { SkeinError } from '../../std/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

const PARAMETERS: readonly string[] = ['endpoint', 'region', 'path-style']
const EXAMPLE = 's3://bucket/prefix/?endpoint=https://s3.example.org&region=eu-central-1'

/** Where large payloads go; undefined where the environment names nothing. Throws `USAGE`. */
export function blobsFrom(env: Environment): BlobStore | undefined {
  const address = env['SKEIN_BLOBS']
  if (address === undefined || address === '') return undefined
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 's3:' || url.host === '' || url.username !== '' || url.password !== '')
    throw wrong('no address of a store of blobs, which has a bucket and holds no credentials')
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw wrong(`an address that says "${unknown}"; it may say ${PARAMETERS.join(', ')}`)
  const prefix = url.pathname.slice(1)
  const endpoint = url.searchParams.get('endpoint') ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']
  const region = url.searchParams.get('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  const pathStyle = url.searchParams.get('path-style')
  if (pathStyle !== null && pathStyle !== 'true' && pathStyle !== 'false')
    throw wrong(`an address whose path-style is neither true nor false`)
  return s3({
    bucket: url.host,
    credentials: credentialsFrom(env),
    ...(prefix === '' ? {} : { prefix }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === null ? {} : { pathStyle: pathStyle === 'true' }),
  })
}

function credentialsFrom(env: Environment) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new SkeinError('USAGE', 'SKEIN_BLOBS needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment')
  return { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) }
}

/** It may hold a secret where none belongs, so it is not repeated. */
const wrong = (what: string): SkeinError => new SkeinError('USAGE', `SKEIN_BLOBS is ${what}; write ${EXAMPLE}`)
