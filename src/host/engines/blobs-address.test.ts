import { expect, it } from 'vitest'
import { blobsFrom } from './blobs-address.ts'
import { openNamed } from './engine-address.ts'

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'sesame' }

it('a store of blobs is what the environment names, with the keys that every tool for S3 reads', () => {
  expect(blobsFrom({})).toBeUndefined()
  expect(blobsFrom({ SKEIN_BLOBS: '' })).toBeUndefined()
  expect(blobsFrom({ ...KEYS, SKEIN_BLOBS: 's3://bucket' })).toBeDefined()
  const whole = 's3://bucket/a/b/?endpoint=http://127.0.0.1:9000&region=eu&path-style=true'
  expect(blobsFrom({ ...KEYS, SKEIN_BLOBS: whole })).toBeDefined()
})

it.each([
  ['http://bucket', /is no address of a store/],
  ['bucket', /is no address of a store/],
  ['s3://id:sesame@bucket', /holds no credentials/],
  ['s3://bucket?regoin=eu', /says "regoin"; it may say endpoint, region, path-style/],
  ['s3://bucket?path-style=yes', /neither true nor false/],
  ['s3://bucket?endpoint=127.0.0.1', /"127.0.0.1" is not where a store of blobs is/],
  ['s3://bucket/ä', /is no prefix of names/],
])('%s is refused before anything is opened, and not repeated where it could hold a secret', async (address, why) => {
  const env = { ...KEYS, SKEIN_BLOBS: address }
  for (const engine of ['postgres://127.0.0.1:9/x', 'restate://127.0.0.1:9']) {
    const opening = openNamed(engine, { env, serve: false })
    await expect(opening).rejects.toMatchObject({ code: 'USAGE' })
    await expect(opening).rejects.toThrow(why)
    await expect(opening).rejects.not.toThrow('sesame')
  }
})

it('says which variables are missing', () => {
  expect(() => blobsFrom({ SKEIN_BLOBS: 's3://bucket', AWS_ACCESS_KEY_ID: 'id' })).toThrow(/AWS_SECRET_ACCESS_KEY/)
})
