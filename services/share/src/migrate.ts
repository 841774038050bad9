import { migrate } from '@selfsame/database/migrate';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { migrations } from './migrations.ts';

const service = 'share';

/** The migration job of this service: DATABASE_URL is a login that may create roles and schemas. */
try {
  const settings = readSettings({ databaseUrl: sharedSettings.databaseUrl }, process.env);
  await migrate({ service, url: settings.databaseUrl, migrations, log: createLog(service, 'info') });
} catch (error) {
  process.stderr.write(`${service}: ${error instanceof Error ? error.message : 'migration failed'}\n`);
  process.exitCode = 1;
}
