import { defineConfig } from 'vitest/config';

/** Unit and service tests of the whole tree; journeys, crashes and load are projects of their own. */
export default defineConfig({
  test: {
    globalSetup: ['libs/testing/src/global-setup.ts'],
    // Real Postgres, NATS and models share two cores with the tests.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{libs,packages,services,apps,deploy}/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
