/** `npm start`: the main job, on this repository or on the folder that is named. */
import { join } from 'node:path'
import { launch } from '../bin/launch.mjs'
import { npm, prepare, root } from './prepare.mjs'

const main = join(root, 'examples', '01-blindspots', 'start.ts')
launch(prepare(), ['--conditions=skein-source', main, ...process.argv.slice(2)], npm)
