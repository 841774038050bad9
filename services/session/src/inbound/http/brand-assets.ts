import { DetailError, type HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { findBrandFile } from '../../outbound/customization-store.ts';

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

/** The files of applications' brands, for everyone: the hosted page shows them to whoever has a link. */
export function brandAssetRoutes(api: HttpServer, context: Context): void {
  api.get(
    '/brand-assets/:file',
    {
      config: { public: true },
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
      const bytes = await findBrandFile(context.database.db, file);
      const contentType = contentTypes[file.slice(file.indexOf('.') + 1)];
      if (bytes === null || contentType === undefined) throw new DetailError(404, 'Not found.');
      return reply.headers({ ...headers, 'content-type': contentType }).send(bytes);
    },
  );
}
