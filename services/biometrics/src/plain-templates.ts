import type { Context } from './context.ts';
import type { RowOwner, SealedTemplate, TemplateKey } from './domain/template.ts';
import { type PlainRow, replacePlain, takePlain } from './outbound/plain-store.ts';
import type { Vault } from './outbound/vault.ts';
import { holdActiveKey } from './template-keys.ts';

/** Some 5 ms of work between two turns of the event loop. */
const BATCH = 40;
const BATCHES_MAX = 100_000;

/**
 * Protects what earlier releases stored as sealed embeddings, so that nobody loses their enrolment and no embedding stays
 * stored. Runs with every sweep, once replicas of the earlier release should be gone: they cannot read what is protected. A row
 * that does not open is left, and told once a pass.
 * @returns how many were protected
 */
export async function protectPlainTemplates(
  context: Pick<Context, 'database' | 'vault' | 'log'>,
): Promise<number> {
  let [total, refused]: [number, number] = [0, 0];
  let after: RowOwner | undefined;
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const done = await protectBatch(context, after);
    total += done.protected;
    refused += done.refused;
    if (done.last === undefined) break;
    after = done.last;
  }
  if (refused > 0) context.log.error({ refused }, 'stored embeddings of an earlier release do not open');
  return total;
}

async function protectBatch(
  { database, vault }: Pick<Context, 'database' | 'vault'>,
  after: RowOwner | undefined,
): Promise<{ protected: number; refused: number; last: RowOwner | undefined }> {
  const keys = new Map<string, TemplateKey>();
  return await database.transaction(async (tx) => {
    const rows = await takePlain(tx, after, BATCH);
    let refused = 0;
    for (const { owner, template } of rows) {
      const key = keys.get(owner.applicationId) ?? (await holdActiveKey(tx, owner.applicationId));
      keys.set(owner.applicationId, key);
      const sealed = protect(vault, key, { owner, template });
      if (sealed === undefined) refused += 1;
      else await replacePlain(tx, owner, sealed);
    }
    return { protected: rows.length - refused, refused, last: rows.at(-1)?.owner };
  });
}

/** @returns undefined when the row was altered or holds something else than an embedding */
function protect(vault: Vault, key: TemplateKey, { owner, template }: PlainRow): SealedTemplate | undefined {
  try {
    return vault.seal(owner, key, vault.protect(key, vault.openPlain(owner, template)), template);
  } catch {
    return undefined;
  }
}
