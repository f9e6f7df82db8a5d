/** A worker whose large payloads go into a bucket, as docs/guide/cluster.md shows it. */
import { open, workflow } from 'skein'
import { postgres, s3 } from 'skein/engine'

const settle = workflow({ name: 'settle' }, (ctx) => ctx.step('note', () => 'settled'))

const blobs = s3({
  bucket: 'skein-payloads',
  endpoint: 'https://s3.example.org',
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIA…', secretAccessKey: '…' },
})
const engine = await postgres({ connectionString: 'postgresql://app@db.internal/app', blobs })
await using skein = await open({ engine, workflows: [settle] })
await skein.closed
