import { Uuid } from '@selfsame/http/schemas';
import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../context.ts';
import { findPublicKeys } from '../rotation.ts';
import { found } from './found.ts';

/** A rotated key signs beside the one before it, so receivers may be this much behind. */
const cacheSeconds = 300;

const Jwk = Type.Object({
  kty: Type.Literal('OKP'),
  crv: Type.Literal('Ed25519'),
  x: Type.String(),
  use: Type.Literal('sig'),
  kid: Type.String({ description: 'RFC 7638 thumbprint' }),
});

/** Public keys of destinations: for everybody, without an API key. */
export function addKeyRoutes(open: HttpServer, context: Context): void {
  open.get(
    '/v3/webhook/destinations/:uuid/jwks.json',
    {
      schema: {
        summary: 'Public keys that a destination’s Ed25519 signatures verify with',
        security: [],
        params: Type.Object({ uuid: Uuid() }),
        response: { 200: Type.Object({ keys: Type.Array(Jwk) }) },
      },
    },
    async (request, reply) => {
      const keys = found(await findPublicKeys(context, request.params.uuid));
      return await reply
        .header('cache-control', `public, max-age=${cacheSeconds}`)
        .type('application/jwk-set+json')
        .send({ keys });
    },
  );
}
