import { ConfigError, type Environment, readSettings, type Setting, setting } from '@selfsame/runtime/config';

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

/** What each provider cannot do without, besides the service's own key of `environment`. */
const neededBy: Readonly<Record<string, readonly string[]>> = {
  file: ['KEY_FILE'],
  'aws-kms': ['KMS_KEY_ID', 'KMS_ACCESS_KEY_ID', 'KMS_SECRET_ACCESS_KEY'],
};

/**
 * `readSettings` for a service that opens a keyring: what its provider needs is missed together with everything else.
 * @param ownVariable the service's own key, read with `ownKey`; left out where the settings want it anyway
 * @throws ConfigError that names every mistake
 */
export function readKeyedSettings<T extends Record<string, Setting<unknown>>>(
  settings: T,
  environment: Environment,
  ownVariable?: string,
): ReturnType<typeof readSettings<T>> {
  const mistakes = missingSettings(environment, ownVariable);
  try {
    const read = readSettings(settings, environment);
    if (mistakes.length === 0) return read;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    mistakes.push(...error.mistakes);
  }
  throw new ConfigError(mistakes);
}

function missingSettings(environment: Environment, ownVariable: string | undefined): string[] {
  const provider = environment.KEY_PROVIDER?.trim() || 'environment';
  const needed = provider === 'environment' ? [ownVariable ?? []].flat() : (neededBy[provider] ?? []);
  const missing = needed.filter((name) => !environment[name]?.trim());
  return missing.map((name) => `${name} is not set (KEY_PROVIDER=${provider} needs it)`);
}
