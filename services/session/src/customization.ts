import { createHash } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import { type BrandFile, judgeFont, judgePicture } from './domain/brand-file.ts';
import {
  type Customization,
  changed,
  type Files,
  type FilesChange,
  noCustomization,
  type SettingsChange,
} from './domain/customization.ts';
import { lockApplication } from './outbound/application-store.ts';
import {
  dropUnnamedFiles,
  findCustomization,
  keepBrandFile,
  lockBrandFiles,
  saveCustomization,
} from './outbound/customization-store.ts';
import type { Tables } from './outbound/tables.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';

/** Files as they are sent: absent stays, null goes. */
export interface SentFiles {
  readonly image_square?: Buffer | null | undefined;
  readonly image_rectangular?: Buffer | null | undefined;
  readonly image_favicon?: Buffer | null | undefined;
  readonly font_file?: Buffer | null | undefined;
}

/** Under which name a sent file is kept and shown, and who judges it. */
const places: readonly {
  readonly sent: keyof SentFiles;
  readonly kept: keyof Files;
  readonly judge: (bytes: Buffer) => BrandFile;
}[] = [
  { sent: 'image_square', kept: 'logo_square', judge: judgePicture },
  { sent: 'image_rectangular', kept: 'logo_rectangular', judge: judgePicture },
  { sent: 'image_favicon', kept: 'favicon', judge: judgePicture },
  { sent: 'font_file', kept: 'font', judge: judgeFont },
];

/** `GET /v3/customization/` */
export async function readCustomization(context: Context, principal: Principal): Promise<Customization> {
  return (await findCustomization(context.database.db, principal.applicationId)) ?? noCustomization;
}

/**
 * `PATCH /v3/customization/`: all of it or, with a mistake anywhere, nothing. The next page that is opened shows it, whenever
 * its session was created.
 * @param settings values that are good by themselves
 */
export async function changeCustomization(
  context: Context,
  principal: Principal,
  settings: SettingsChange,
  sent: SentFiles,
): Promise<{ customization: Customization } | Refused> {
  const judged = judgeFiles(sent);
  if ('errors' in judged) return refusedFields(judged.errors);
  return context.database.transaction(async (tx) => {
    await lockApplication(tx, principal.applicationId);
    const before = (await findCustomization(tx, principal.applicationId)) ?? noCustomization;
    const result = changed(before, settings, judged.change);
    if ('errors' in result) return refusedFields(result.errors);
    const customization = result.next;
    if (JSON.stringify(customization) === JSON.stringify(before)) return { customization };
    await save(tx, principal.applicationId, { before, customization, bytes: judged.bytes });
    return { customization };
  });
}

async function save(
  tx: Transaction<Tables>,
  applicationId: string,
  change: {
    readonly before: Customization;
    readonly customization: Customization;
    readonly bytes: ReadonlyMap<string, Buffer>;
  },
): Promise<void> {
  const { before, customization, bytes } = change;
  const named = new Set(Object.values(customization.files));
  const released = Object.values(before.files).filter((name) => name !== null && !named.has(name));
  if (bytes.size > 0 || released.length > 0) await lockBrandFiles(tx);
  for (const [name, file] of bytes) await keepBrandFile(tx, name, file);
  await saveCustomization(tx, applicationId, customization, new Date());
  await dropUnnamedFiles(tx, released);
}

/** @returns the bytes by the names that they will have, and what changes; or the mistakes by field */
function judgeFiles(
  sent: SentFiles,
): { bytes: Map<string, Buffer>; change: FilesChange } | { errors: Record<string, string[]> } {
  const errors: Record<string, string[]> = {};
  const bytes = new Map<string, Buffer>();
  const change: { -readonly [Name in keyof Files]?: string | null } = {};
  for (const place of places) {
    const file = sent[place.sent];
    if (file === undefined) continue;
    if (file === null) {
      change[place.kept] = null;
      continue;
    }
    const judged = place.judge(file);
    if ('mistake' in judged) errors[place.sent] = [judged.mistake];
    else {
      const name = `${createHash('sha256').update(file).digest('hex')}.${judged.extension}`;
      bytes.set(name, file);
      change[place.kept] = name;
    }
  }
  return Object.keys(errors).length > 0 ? { errors } : { bytes, change };
}
