import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { areClientsInstalled } from './test/clients/installed.ts'

/**
 * Node strips types with a compiler in WebAssembly, in every thread that loads a TypeScript file. Threads that start and end one after the other, as
 * the storages of a test do, each bring it up and tear it down, which V8 does not always survive (docs/decisions/0023): with its cache Node loads
 * what it stripped before, and threads start in half the time. The built package is JavaScript and does none of this.
 */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)) }

export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          env,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          env,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'clients',
          // Without the packages only the test that says so can run.
          include: areClientsInstalled() ? ['test/clients/**/*.test.ts'] : ['test/clients/installed.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
