import { randomUUID } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import type { BiometricsTables } from '../outbound/tables.ts';
import { contentTypeOf } from './content-type.ts';
import {
  dropImages,
  findImage,
  findKept,
  findNewest,
  type ImageSession,
  insertStoring,
  type KeptImage,
  noteKept,
  takeLeaving,
} from './image-store.ts';
import type { ImageLinks } from './links.ts';
import type { ObjectStore } from './object-store.ts';
import type { ImageKind } from './tables.ts';

/** Pictures that applications want kept. Without a store there are none. */
export interface Images {
  /**
   * Keeps a picture, sealed. A store that does not answer costs the picture, not the look: that is logged.
   * @returns its id; undefined when it is not kept
   */
  keep(session: ImageSession, kind: ImageKind, image: Uint8Array): Promise<string | undefined>;
  /** The portrait of the session, where it was kept. */
  referenceOf(session: ImageSession): Promise<string | undefined>;
  /** Links that work for minutes; of others than the session's own there are none. */
  link(session: ImageSession, imageIds: readonly string[]): Promise<ImageLink[]>;
  /** Whether a link is ours, and not over. */
  isLinked(imageId: string, query: { expires: string; signature: string }): boolean;
  /** The picture behind a link. @throws Failure `object_store_unavailable`, `sealed_unopenable` */
  open(imageId: string): Promise<{ bytes: Buffer; contentType: string } | null>;
  /** Removes the objects of pictures that were released. @returns how many */
  sweep(): Promise<number>;
}

export interface ImageLink {
  readonly imageId: string;
  /** Path and query on the public base URL. */
  readonly path: string;
  readonly expiresAt: Date;
}

/** Within the minute that a transaction may wait for a store. */
const SWEEP_BATCH = 20;
const SWEEP_BATCHES_MAX = 1_000;

/** @param options.store null: nothing is kept, and what was kept cannot be read */
export function createImages(options: {
  database: Database<BiometricsTables>;
  keyring: Pick<Keyring, 'seal' | 'open'>;
  store: ObjectStore | null;
  links: ImageLinks;
  linkSeconds: number;
  log: Log;
}): Images {
  const { database, keyring, store, links, linkSeconds, log } = options;

  async function removeBatch(objects: ObjectStore): Promise<number> {
    return database.transaction(async (tx) => {
      const leaving = await takeLeaving(tx, SWEEP_BATCH);
      const removed = await Promise.allSettled(leaving.map((image) => objects.remove(nameOf(image))));
      const gone = leaving.filter((_, index) => removed[index]?.status === 'fulfilled');
      await dropImages(
        tx,
        gone.map((image) => image.image_id),
      );
      const failure = removed.find((one) => one.status === 'rejected');
      if (failure)
        log.warn(
          { code: errorCode(failure.reason), left: leaving.length - gone.length },
          'kept pictures could not be removed yet',
        );
      return gone.length;
    });
  }

  return {
    async keep(session, kind, image) {
      if (store === null) {
        log.warn(
          { session_id: session.sessionId },
          'pictures are to be kept, and OBJECT_STORE_URL names no store',
        );
        return undefined;
      }
      const imageId = randomUUID();
      try {
        const contentType = contentTypeOf(image);
        await insertStoring(database.db, session, { imageId, kind, contentType });
        const object = {
          image_id: imageId,
          application_id: session.applicationId,
          session_id: session.sessionId,
        };
        await store.put(nameOf(object), keyring.seal(image, ownerOf(object)));
        return (await noteKept(database.db, imageId)) ? imageId : undefined;
      } catch (error) {
        log.error({ code: errorCode(error), session_id: session.sessionId }, 'a picture could not be kept');
        return undefined;
      }
    },

    referenceOf: (session) => findNewest(database.db, session, 'reference'),

    async link(session, imageIds) {
      const expiresAt = new Date(Date.now() + linkSeconds * 1000);
      const kept = await findKept(database.db, session, imageIds);
      return kept.map((imageId) => ({ imageId, path: links.sign(imageId, expiresAt), expiresAt }));
    },

    isLinked: (imageId, query) => links.isGood(imageId, query, new Date()),

    async open(imageId) {
      const image = store && (await findImage(database.db, imageId));
      const sealed = image && (await store.get(nameOf(image)));
      if (!image || !sealed) return null;
      return { bytes: await keyring.open(sealed, ownerOf(image)), contentType: image.content_type };
    },

    async sweep() {
      if (store === null) return 0;
      let total = 0;
      for (let batch = 0; batch < SWEEP_BATCHES_MAX; batch += 1) {
        const removed = await removeBatch(store);
        total += removed;
        if (removed < SWEEP_BATCH) break;
      }
      return total;
    },
  };
}

type Named = Pick<KeptImage, 'application_id' | 'session_id' | 'image_id'>;

/** By application, so that a store can be looked at, counted and emptied by it. */
const nameOf = (image: Named) => `${image.application_id}/${image.session_id}/${image.image_id}`;
const ownerOf = (image: Named) => [image.application_id, 'image', image.session_id, image.image_id];
