import { open } from 'skein'
import article from './article.ts'

const skein = await open({ workflows: [article], handOver: true })
// … serve requests, with skein.start(article, input, { id }) …
await skein.closed
