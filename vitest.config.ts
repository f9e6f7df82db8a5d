import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const common = { pool: 'threads', isolate: false, environment: 'node' } as const

export default defineConfig({
  resolve: { conditions: ['skein-source'] },
  ssr: { resolve: { conditions: ['skein-source'] } },
  test: {
    // The default leaves a core to whoever watches; on a machine with two that is half of it.
    maxWorkers: '100%',
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      reporter: ['text-summary', 'html'],
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.{test,fixture}.ts', 'src/testing/**', 'src/*/testing.ts'],
      // The engine over a server is judged beside that server, outside this process.
      thresholds: { 'src/{std,kernel,engine/{embedded,memory,platform,streams}}/**': { branches: 92 } },
    },
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'unit',
          // A loaded machine is no failure.
          testTimeout: 120_000,
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/conformance/**/*.test.ts'],
        },
      },
      { extends: true, test: { ...common, name: 'sim', include: ['test/sim/**/*.test.ts'], testTimeout: 600_000 } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts', 'examples/**/*.test.ts'],
          pool: 'forks',
          globalSetup: 'test/e2e/built-package.ts',
          testTimeout: 180_000,
          // What these tests start is compiled once for all of them.
          env: { NODE_COMPILE_CACHE: join(tmpdir(), 'skein-tests-compiled') },
        },
      },
    ],
  },
})
