import { setting } from '@selfsame/runtime/config';

/** For the service's own settings, to be spread. */
export const imageSettings = {
  /** Where kept pictures lie, sealed: file:///folder or s3://bucket/prefix?endpoint=https://host. Unset: none are kept. */
  objectStoreUrl: setting.optionalString('OBJECT_STORE_URL'),
  objectStoreRegion: setting.string('OBJECT_STORE_REGION', { default: 'eu-central-1' }),
  objectStoreAccessKeyId: setting.optionalString('OBJECT_STORE_ACCESS_KEY_ID'),
  objectStoreSecretAccessKey: setting.optionalString('OBJECT_STORE_SECRET_ACCESS_KEY'),
  /** How long a link to a kept picture works. */
  imageLinkSeconds: setting.integer('IMAGE_LINK_SECONDS', { default: 300, min: 10, max: 3_600 }),
};

/** What `imageSettings` reads. */
export interface ImageConfig {
  readonly objectStoreUrl: string | undefined;
  readonly objectStoreRegion: string;
  readonly objectStoreAccessKeyId: string | undefined;
  readonly objectStoreSecretAccessKey: string | undefined;
  readonly imageLinkSeconds: number;
}
