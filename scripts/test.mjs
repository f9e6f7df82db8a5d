/** `npm test`: every check, or with `--project NAME` or paths only those tests. */
import { join } from 'node:path'
import { launch } from '../bin/launch.mjs'
import { npm, prepare, root } from './prepare.mjs'

launch(prepare(), [join(root, 'scripts', 'checks', 'main.ts'), ...process.argv.slice(2)], npm)
