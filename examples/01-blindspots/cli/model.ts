/** Who writes tests: the model that was typed, else the alias `writer` of the config, else nobody. */
import { SkeinError } from 'skein'
import type { SkeinConfig } from 'skein'
import { resolveModel } from 'skein/model'
import type { Options } from './options.ts'

/** The name of the alias that stands for a writer. */
const WRITER = 'writer'

/** The model, or undefined. Throws now what would otherwise be found out after the hunt: no such model, no key, no price. */
export function writerOf({ model, usd }: Options, { models }: SkeinConfig, env: NodeJS.ProcessEnv): string | undefined {
  const chosen = model ?? (models?.aliases?.[WRITER] === undefined ? undefined : WRITER)
  if (chosen === undefined) return undefined
  const { provider, modelId } = resolveModel(chosen, { env, models })
  const names = [chosen, `${provider}/${modelId}`, `${provider.split('.')[0]}/${modelId}`]
  if (usd !== undefined && !names.some((name) => models?.prices?.[name] !== undefined))
    throw new SkeinError(
      'USAGE',
      `--usd cannot be held: skein.config.ts has no price for ${names[2]}; add it to models.prices, or use --tokens`,
    )
  return chosen
}
