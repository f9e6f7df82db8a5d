/** `--peer NAME`: a framework as it lies in `bench/peers`. */
import { fileURLToPath } from 'node:url'
import { cell, cellArguments } from '../cell.ts'
import { FRAMEWORKS } from './hundred-tools.ts'
import { costOf } from './installed-package.ts'

const { peer } = cellArguments({ peer: '' })
if (!(peer in FRAMEWORKS)) throw new Error(`there is no framework ${peer}`)
await cell(async () =>
  costOf(fileURLToPath(new URL(`../../peers/${peer}`, import.meta.url)), FRAMEWORKS[peer as keyof typeof FRAMEWORKS]),
)
