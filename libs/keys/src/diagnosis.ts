import { type Database, openDatabase } from '@selfsame/database/database';
import { type Environment, readSettings } from '@selfsame/runtime/config';
import { Failure } from '@selfsame/runtime/errors';
import { type DataKeyRow, type KeyTables, listDataKeys } from './key-table.ts';
import { openProvider } from './providers/open.ts';
import { keyVariables, type SealingService } from './services.ts';
import { keySettings, ownKey } from './settings.ts';

/** How one data key can be opened; never the key. */
export interface DataKeyDiagnosis {
  readonly purpose: string;
  readonly version: number;
  /** The newest of its purpose: what is sealed now is sealed under it. */
  readonly isNewest: boolean;
  readonly provider: string;
  /** Why it cannot be opened; undefined when it can. */
  readonly trouble: string | undefined;
}

/**
 * Tries to open every data key of a service, as its start would, and makes none.
 *
 * @param environment the service's own
 * @throws Failure `key_provider_unconfigured`, those of `openDatabase`
 */
export async function diagnoseDataKeys(
  service: SealingService,
  url: string,
  environment: Environment,
): Promise<DataKeyDiagnosis[]> {
  const variable = keyVariables[service];
  const { key, ...settings } = readSettings({ ...keySettings, key: ownKey(variable) }, environment);
  const provider = openProvider(settings, { variable, key });
  const database: Database<KeyTables> = await openDatabase({
    service,
    url,
    migrations: [],
    maxConnections: 1,
  });
  try {
    const rows = await listDataKeys(database.db);
    const newest = new Map(rows.map(({ purpose, version }) => [purpose, version]));
    const schema = service.replaceAll('-', '_');
    const open = async (row: DataKeyRow): Promise<string | undefined> => {
      if (row.provider !== provider.name) {
        return `it is sealed by provider ${row.provider}, and KEY_PROVIDER is ${provider.name}`;
      }
      const { purpose, version, provider_key_version: keyVersion, wrapped } = row;
      try {
        const dataKey = await provider.unwrap(
          { keyVersion, wrapped },
          { service: schema, purpose, version: String(version) },
        );
        dataKey.fill(0);
        return undefined;
      } catch (error) {
        return error instanceof Failure ? error.message : 'the provider failed';
      }
    };
    const diagnoses: DataKeyDiagnosis[] = [];
    for (const row of rows) {
      const { purpose, version, provider: sealedBy } = row;
      const isNewest = newest.get(purpose) === version;
      diagnoses.push({ purpose, version, isNewest, provider: sealedBy, trouble: await open(row) });
    }
    return diagnoses;
  } finally {
    await database.close();
  }
}
