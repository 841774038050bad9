import { migrate } from '@selfsame/database/migrate';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { migrations } from './migrations.ts';

/** The migration job of this service: DATABASE_URL is a login that may create roles and schemas. */
try {
  const settings = readSettings({ databaseUrl: sharedSettings.databaseUrl }, process.env);
  const log = createLog('session', 'info');
  await migrate({ service: 'session', url: settings.databaseUrl, migrations, log });
} catch (error) {
  process.stderr.write(`session: ${error instanceof Error ? error.message : 'migration failed'}\n`);
  process.exitCode = 1;
}
