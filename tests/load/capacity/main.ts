import { readFileSync, writeFileSync } from 'node:fs';
import { capacity } from './command.ts';
import { guideFile, written } from './guide.ts';

/** `pnpm capacity`: what a rate of re-authentications needs and costs, from what was measured. `--write`: the same into the guide. */
const args = process.argv.slice(2);
try {
  if (args.length === 1 && args[0] === '--write') {
    writeFileSync(guideFile, written(readFileSync(guideFile, 'utf8')));
  } else console.log(capacity(args));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
