/** A schema that takes whatever there is. */
import type { StandardSchema } from '../../kernel/index.ts'

/** Fits every value. */
export const anything: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'skein-testing',
    validate: (value) => ({ value }),
    jsonSchema: { input: () => ({}) },
  },
}
