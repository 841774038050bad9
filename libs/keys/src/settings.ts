import { type Setting, setting } from '@selfsame/runtime/config';

/** Where the keys that seal a service's data keys are. */
export interface KeySettings {
  readonly keyProvider: 'environment' | 'file' | 'aws-kms';
  /** Of `file`. */
  readonly keyFile: string | undefined;
  /** Of `aws-kms`. */
  readonly kmsKeyId: string | undefined;
  readonly kmsEndpoint: string | undefined;
  readonly kmsRegion: string;
  readonly kmsAccessKeyId: string | undefined;
  readonly kmsSecretAccessKey: string | undefined;
}

/**
 * A service's own key (base64 of 32 bytes). Only the provider `environment` needs it; under the others it is what version 1 is
 * made of, where something was sealed under it before there were keyrings.
 */
export function ownKey(name: string): Setting<Buffer | undefined> {
  const { read } = setting.key(name, { bytes: 32 });
  return { name, read: (text) => (text?.trim() ? read(text) : undefined) };
}

/** For a service's own settings, to be spread; `openKeyring({ settings: config })` takes them. */
export const keySettings = {
  keyProvider: setting.oneOf('KEY_PROVIDER', ['environment', 'file', 'aws-kms'], { default: 'environment' }),
  keyFile: setting.optionalString('KEY_FILE'),
  kmsKeyId: setting.optionalString('KMS_KEY_ID'),
  kmsEndpoint: setting.optionalString('KMS_ENDPOINT'),
  kmsRegion: setting.string('KMS_REGION', { default: 'eu-central-1' }),
  kmsAccessKeyId: setting.optionalString('KMS_ACCESS_KEY_ID'),
  kmsSecretAccessKey: setting.optionalString('KMS_SECRET_ACCESS_KEY'),
} satisfies { [K in keyof KeySettings]: Setting<KeySettings[K]> };
