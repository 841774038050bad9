import { configDefaults, defineConfig } from 'vitest/config';

/** Cameras play in real time and leave most of the machine idle, but a camera that stutters looks like an attack. */
const cameras = ['tests/journeys/capture-{methods,troubles}.test.ts'];
/** What is killed or frozen, and what is looked at by the millisecond: whoever starves looks like who is dead. */
const alone = [
  'tests/chaos/{chaos,crashes}.test.ts',
  'tests/drills/{drills,drain/drain}.test.ts',
  'tests/signals/{automation,session}.test.ts',
  'tests/telemetry/*.test.ts',
];

/** Unit and service tests of the whole tree; journeys, crashes and load are projects of their own. */
export default defineConfig({
  test: {
    globalSetup: ['libs/testing/src/global-setup.ts'],
    // Real Postgres, NATS and models share two cores with the tests.
    maxWorkers: 2,
    // Far more than any takes: machines that test may have much else to do.
    testTimeout: 60_000,
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
          exclude: [...configDefaults.exclude, ...cameras, ...alone],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        // In company of each other, and of nobody else.
        test: {
          name: 'system-cameras',
          include: cameras,
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Comes after the others, one file at a time.
        test: { name: 'system-alone', include: alone, fileParallelism: false, testTimeout: 120_000 },
      },
    ],
  },
});
