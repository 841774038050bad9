import { parseArgs } from 'node:util';
import { runBench } from './bench-command.ts';
import { printSessions, runSessions } from './sessions/sessions-run.ts';

/**
 * `pnpm bench:sessions`: how create, list and decision behave with a million sessions, beside the same questions of the same
 * run before the tables were filled. `--sessions 1000000 --rounds 300`; some five minutes, most of it filling.
 */
const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '300' },
  },
});

await runBench(async (signal, say) => {
  const sessions = Number(values.sessions);
  printSessions(await runSessions({ sessions, rounds: Number(values.rounds), people: 24 }, signal, say));
});
