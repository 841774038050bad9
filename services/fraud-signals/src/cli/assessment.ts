import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { migrations } from '../migrations.ts';
import { findAssessment } from '../outbound/assessment-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { type Result, replay } from '../replay.ts';

const usage = `usage: assessment replay ID
Computes an assessment again from its record alone. Exit code 0: the same result; 1: another one; 2: there is no such record, or its
facts are not kept any more; 3: it could not be tried. DATABASE_URL says where.`;
const exitCodes = { same: 0, different: 1, unknown: 2, failed: 3 };

/** `pnpm assessment replay ID`: shows whether the same facts still give the same result. */
try {
  const { positionals } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
  });
  const [action, id, ...others] = positionals;
  if (action !== 'replay' || !id || !/^[0-9a-f-]{36}$/i.test(id) || others.length > 0) throw new Error(usage);
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  process.exitCode = await replayOne(databaseUrl, id);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'assessment failed');
  process.exitCode = exitCodes.failed;
}

async function replayOne(url: string, id: string): Promise<number> {
  const database = await openDatabase<Tables>({
    service: 'fraud-signals',
    url,
    migrations,
    maxConnections: 1,
  });
  try {
    const record = await findAssessment(database.db, id);
    if (record === null) {
      console.error(`There is no assessment ${id}.`);
      return exitCodes.unknown;
    }
    const { application_id: applicationId } = record;
    await recordCommand(database, {
      applicationId,
      service: 'fraud-signals',
      line: `assessment replay ${id}`,
    });
    const replayed = replay(record);
    if (replayed === null) {
      console.error(`What assessment ${id} was made from is not kept any more.`);
      return exitCodes.unknown;
    }
    const { then, now, isSame } = replayed;
    console.log(`assessment ${id} of ${record.assessed_at.toISOString()}, ${record.phase}`);
    show('then', then);
    show('now', now);
    const isOtherCatalogue = then.catalogueVersion !== now.catalogueVersion;
    const why = isOtherCatalogue
      ? 'signals or weights have changed since'
      : 'with the same signals and weights';
    console.log(`${isSame ? 'the same result' : 'ANOTHER RESULT'}, ${why}`);
    return isSame ? exitCodes.same : exitCodes.different;
  } finally {
    await database.close();
  }
}

function show(when: string, { score, level, reasons, stepUp, counts, catalogueVersion }: Result): void {
  console.log(`${when}:`);
  console.log(`  score      ${score} ${level}`);
  console.log(
    `  reasons    ${reasons.map(({ signal, weight }) => `${signal} ${weight}`).join(', ') || 'none'}`,
  );
  const because = stepUp?.because.length ? ` because ${stepUp.because.join(', ')}` : '';
  console.log(`  step-up    ${stepUp === null ? 'none' : `${stepUp.action} by "${stepUp.name}"${because}`}`);
  const { value, absent, unavailable } = counts;
  console.log(`  signals    ${value} with a value, ${absent} absent, ${unavailable} unavailable`);
  console.log(`  catalogue  ${catalogueVersion}`);
}
