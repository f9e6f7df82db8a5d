/** Where a bucket is: options, checked, and the address of each object in it. */
import { SkeinError } from '../../../std/index.ts'

/** Keys of an account that may read, write, delete and list in the bucket. */
export type S3Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A bucket of S3, or of a server that speaks its protocol. */
export type S3Options = {
  readonly bucket: string
  /** Default `us-east-1`. */
  readonly region?: string
  /** Such as `http://127.0.0.1:9000`; default Amazon's for the region. */
  readonly endpoint?: string
  /** Or what gives them anew for each request, where they change. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>)
  /** In front of every name; default `skein/`. Two installations never share one: what one erases is gone for both. */
  readonly prefix?: string
  /** `endpoint/bucket/name` and not `bucket.endpoint/name`; default true where an endpoint is given. */
  readonly pathStyle?: boolean
  /** How long a request is tried; default 30 s. */
  readonly timeoutMs?: number
}

const REGION_DEFAULT = 'us-east-1'
const PREFIX_DEFAULT = 'skein/'
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/
const PREFIX = /^[A-Za-z0-9._/-]*$/
const HTTP = /^https?:\/\//

/** A bucket, and names in it. */
export type BucketAddress = {
  /** As an error shows it. */
  readonly shown: string
  readonly region: string
  readonly prefix: string
  object(name: string): string
  list(parameters: Readonly<Record<string, string>>): string
}

/** Throws `USAGE` for what no request could be made of. */
export function bucketAddress(options: S3Options): BucketAddress {
  const { bucket, region = REGION_DEFAULT, prefix = PREFIX_DEFAULT } = options
  const { endpoint = `https://s3.${region}.amazonaws.com`, pathStyle = options.endpoint !== undefined } = options
  if (!BUCKET.test(bucket))
    throw new SkeinError('USAGE', `${JSON.stringify(bucket)} is not a name of a bucket; use letters, digits and . _ -`)
  if (!PREFIX.test(prefix))
    throw new SkeinError('USAGE', `${JSON.stringify(prefix)} is no prefix of names; use letters, digits and . _ - /`)
  if (!HTTP.test(endpoint) || !URL.canParse(endpoint))
    throw new SkeinError(
      'USAGE',
      `${JSON.stringify(endpoint)} is not where a store of blobs is; write it as http://127.0.0.1:9000`,
    )
  const base = new URL(endpoint)
  if (base.username !== '' || base.password !== '')
    throw new SkeinError('USAGE', 'the endpoint of a store of blobs holds no credentials; give them as `credentials`')
  if (!pathStyle) base.hostname = `${bucket}.${base.hostname}`
  const root = `${base.origin}${base.pathname.replace(/\/$/, '')}${pathStyle ? `/${bucket}` : ''}`
  return {
    shown: `the bucket ${bucket} at ${base.host}`,
    region,
    prefix,
    object: (name) => `${root}/${prefix}${name}`,
    list: (parameters) => `${root}${pathStyle ? '' : '/'}?${new URLSearchParams(parameters).toString()}`,
  }
}
