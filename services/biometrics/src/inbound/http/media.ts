import { Uuid } from '@selfsame/http/schemas';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';

/** Links are for one person and for minutes: nothing on the way keeps what they lead to, and it runs nothing. */
const headers = {
  'cache-control': 'private, no-store',
  'content-disposition': 'inline',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

/** Pictures that were kept, by links that a decision shows: the signature in the link is the credential. */
export function addMediaRoute(server: HttpServer, { images }: Pick<Context, 'images'>): void {
  void server.register(async (open: HttpServer) => {
    open.get(
      '/media/:image',
      {
        config: { public: true },
        schema: {
          hide: true,
          params: Type.Object({ image: Uuid() }),
          querystring: Type.Object({
            expires: Type.String({ maxLength: 12 }),
            signature: Type.String({ maxLength: 43 }),
          }),
        },
      },
      async (request, reply) => {
        const { image } = request.params;
        if (!images.isLinked(image, request.query)) {
          throw new DetailError(403, 'This link is over, or is none of ours. Read the decision again.');
        }
        const found = await images.open(image.toLowerCase());
        if (found === null) throw new DetailError(404, 'Not found.');
        return reply.headers({ ...headers, 'content-type': found.contentType }).send(found.bytes);
      },
    );
  });
}
