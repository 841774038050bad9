import { Failure } from '@selfsame/runtime/errors';
import type { KeyProvider } from '../provider.ts';
import type { KeySettings } from '../settings.ts';
import { kmsProvider } from './aws-kms.ts';
import { environmentProvider } from './environment.ts';
import { fileProvider } from './file.ts';

/** The key in a service's own environment, and the variable that holds it. */
export interface EnvironmentKey {
  readonly variable: string;
  readonly key: Buffer | undefined;
}

/** The provider that the settings name. @throws Failure `key_provider_unconfigured`, which names every missing setting */
export function openProvider(settings: KeySettings, { variable, key }: EnvironmentKey): KeyProvider {
  const { keyProvider, keyFile, kmsKeyId, kmsAccessKeyId, kmsSecretAccessKey } = settings;
  switch (keyProvider) {
    case 'environment':
      if (!key) throw unconfigured(keyProvider, [`${variable} (base64 of 32 bytes)`]);
      return environmentProvider(key, variable);
    case 'file':
      if (!keyFile) throw unconfigured(keyProvider, ['KEY_FILE']);
      return fileProvider(keyFile);
    case 'aws-kms': {
      if (!kmsKeyId || !kmsAccessKeyId || !kmsSecretAccessKey) {
        const needed = {
          KMS_KEY_ID: kmsKeyId,
          KMS_ACCESS_KEY_ID: kmsAccessKeyId,
          KMS_SECRET_ACCESS_KEY: kmsSecretAccessKey,
        };
        throw unconfigured(
          keyProvider,
          Object.keys(needed).filter((name) => !needed[name as keyof typeof needed]),
        );
      }
      return kmsProvider({
        keyId: kmsKeyId,
        endpoint: settings.kmsEndpoint,
        region: settings.kmsRegion,
        accessKeyId: kmsAccessKeyId,
        secretAccessKey: kmsSecretAccessKey,
      });
    }
  }
}

function unconfigured(provider: string, missing: string[]): Failure {
  return new Failure(
    'precondition',
    'key_provider_unconfigured',
    `KEY_PROVIDER=${provider} needs ${missing.join(' and ')}`,
  );
}
