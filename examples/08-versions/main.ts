/**
 * An agent that lives through three versions of its code, and dies at every change.
 *
 *   cp examples/08-versions/v1.ts examples/08-versions/keeper.ts && cd examples/08-versions
 *   SLOW_SHELF=3 npx skein run keeper.ts --id keeper --input '"Look at all shelves."'      # kill -9 it at shelf 3
 *   cp v2.ts keeper.ts && SLOW_SHELF=8 npx skein run keeper.ts --id keeper                 # and at shelf 8
 *   cp v3.ts keeper.ts && npx skein run keeper.ts --id keeper                              # goes on to its end
 *   npx skein log keeper
 *
 * Or all of it, checked:  node --conditions=skein-source examples/08-versions/main.ts
 */
import { live } from './lives.ts'

console.log(await live())
