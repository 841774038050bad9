import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { System } from '@selfsame/deploy/local';
import { waitFor } from '@selfsame/testing/wait';

type ServiceName = keyof System['ports'];

/** The wall clocks of services, which can be set wrong while they run. */
export interface Clocks {
  /** What a service has to be started with. */
  environmentOf(name: ServiceName): Record<string, string>;
  /** Resolves once its clock is wrong by so many milliseconds; 0 is right. */
  shift(system: System, name: ServiceName, byMs: number): Promise<void>;
}

const preload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.mjs')).href;

/** @param directory for a file of each service */
export function openClocks(directory: string): Clocks {
  mkdirSync(directory, { recursive: true });
  const fileOf = (name: ServiceName) => join(directory, name);
  return {
    environmentOf: (name) => ({ NODE_OPTIONS: `--import=${preload}`, DRILL_CLOCK_FILE: fileOf(name) }),
    async shift(system, name, byMs) {
      const pid = system.processes().find((each) => each.name === name)?.pid;
      if (pid === undefined) throw new Error(`${name} is not running`);
      const seen = `${fileOf(name)}.seen`;
      rmSync(seen, { force: true });
      writeFileSync(fileOf(name), String(byMs));
      process.kill(pid, 'SIGUSR2');
      await waitFor(`the clock of ${name} is set`, () => readFileSync(seen, 'utf8') === String(byMs));
    },
  };
}
