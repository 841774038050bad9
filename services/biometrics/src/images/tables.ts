import type { Generated } from 'kysely';

/** See migration.ts. */
export interface ImageTables {
  kept_images: {
    image_id: string;
    application_id: string;
    session_id: string;
    kind: ImageKind;
    content_type: string;
    state: 'storing' | 'kept' | 'leaving';
    created_at: Generated<Date>;
  };
}

/** live: the picture that was looked at; reference: the portrait that came with the session. */
export type ImageKind = 'live' | 'reference';
