import { limitRates } from '@selfsame/http/rate-limit';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import { createFileCache } from '../../brand-file-cache.ts';
import type { Context } from '../../context.ts';
import { findBrandFile, hasBrandFile } from '../../outbound/customization-store.ts';

const contentTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
};

const headers = {
  // The name says what is in it.
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  // Opened by itself, a file runs nothing and belongs to nobody's origin.
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
};

/** A page asks for four, once; many people may stand behind one address. */
const requestsPerMinute = 600;
/** Several brands that are shown at the same time. */
const cacheBounds = { maxFiles: 64, maxBytes: 16 * 1024 * 1024 } as const;

/**
 * The files of applications' brands, for everyone: the hosted page shows them to whoever has a link. Whoever says that they
 * have the file of a name has it.
 */
export function brandAssetRoutes(api: HttpServer, context: Context): void {
  limitRates(api, { database: context.database, budgets: { brand_file: requestsPerMinute } });
  const cache = createFileCache(cacheBounds);
  api.get(
    '/brand-assets/:file',
    {
      config: { rateBudget: 'brand_file' },
      schema: {
        tags: ['customization'],
        summary: 'A logo, icon or font of an application',
        security: [],
        params: Type.Object({
          file: Type.String({
            pattern: '^[0-9a-f]{64}\\.(png|jpg|webp|ico|woff2)$',
            description: 'SHA-256 of the content and its kind',
          }),
        }),
      },
    },
    async (request, reply) => {
      const { file } = request.params;
      const etag = `"${file}"`;
      if (request.headers['if-none-match']?.includes(etag)) {
        return reply
          .code(304)
          .headers({ ...headers, etag })
          .send();
      }
      const { db } = context.database;
      // What no application names any more is gone at once, whoever has it in memory.
      const bytes = (await hasBrandFile(db, file))
        ? await cache.get(file, (name) => findBrandFile(db, name))
        : null;
      const contentType = contentTypes[file.slice(file.indexOf('.') + 1)];
      if (bytes === null || contentType === undefined) throw new DetailError(404, 'Not found.');
      return reply.headers({ ...headers, etag, 'content-type': contentType }).send(bytes);
    },
  );
}
