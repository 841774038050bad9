import { randomBytes } from 'node:crypto';
import type { Context } from '../src/context.ts';
import { createImages, type Images } from '../src/images/images.ts';
import { createImageLinks } from '../src/images/links.ts';

/** As where OBJECT_STORE_URL names no store. */
export function noImages({ database, log }: Pick<Context, 'database' | 'log'>): Images {
  const keyring = { seal: never, open: never };
  const links = createImageLinks(randomBytes(32));
  return createImages({ database, keyring, store: null, links, linkSeconds: 60, log });
}

function never(): never {
  throw new Error('nothing is kept');
}
