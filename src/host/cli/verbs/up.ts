import { engineAddress } from '../folder.ts'
import { serve } from '../serve.ts'
import { FILES } from '../verb.ts'
import type { VerbBody } from '../verb.ts'

/** `skein up`. */
export const up: VerbBody = {
  about: [
    'Without --engine it owns the data folder: it asks the owner before to hand over, and every verb acts through its socket.',
    'With --engine it is a worker (see: skein worker --help), and every verb reaches the same runs with the same --engine.',
    'It leaves at ^C, at SIGTERM, or when its successor asks, and waits for writes in flight.',
  ].join('\n'),
  positionals: FILES,
  flags: {},
  examples: ['skein up article.ts', 'skein up article.ts --engine restate://127.0.0.1:8080'],
  run: async (typed, terminal) => serve(typed, terminal, await engineAddress(typed, terminal)),
}
