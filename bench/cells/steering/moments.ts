/** `--moments N`: how soon each verb is heard at that many random moments. */
import { cell, cellArguments, quantile } from '../cell.ts'
import { hear } from './hear.ts'

const { moments } = cellArguments({ moments: 1000 })
await cell(async () => {
  const { missed, offences, lateMs, signalMs } = await hear(moments)
  return {
    moments,
    missed: missed.length,
    offences: offences.length,
    ...quantiles('cancel', lateMs.cancel),
    ...quantiles('steer', lateMs.steer),
    ...quantiles('stop', lateMs.stop),
    ...quantiles('driver', signalMs),
  }
})

function quantiles(name: string, values: readonly number[]): Readonly<Record<string, number>> {
  return { [`${name}P50Ms`]: quantile(values, 0.5), [`${name}P99Ms`]: quantile(values, 0.99) }
}
