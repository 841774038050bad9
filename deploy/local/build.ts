/** Generates code from proto/ and builds the pages; what has not changed comes from the cache in .turbo/. */
export const turboArguments = [
  'run',
  'generate',
  'build',
  '--ui=stream',
  '--output-logs=errors-only',
  '--cwd',
  new URL('../..', import.meta.url).pathname,
];

/** Nothing leaves the machine and nothing stays running. */
export const turboEnvironment = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
};
