import { Failure } from '@selfsame/runtime/errors';
import type { KeyProvider } from '../provider.ts';
import type { KeySettings } from '../settings.ts';
import { environmentProvider } from './environment.ts';

/** The key in a service's own environment, and the variable that holds it. */
export interface EnvironmentKey {
  readonly variable: string;
  readonly key: Buffer | undefined;
}

/** The provider that the settings name. @throws Failure `key_provider_unconfigured` */
export function openProvider(settings: KeySettings, environmentKey: EnvironmentKey): KeyProvider {
  const { variable, key } = environmentKey;
  if (!key) throw unconfigured(`KEY_PROVIDER=environment needs ${variable} (32 bytes, base64)`);
  return environmentProvider(key, variable);
}

function unconfigured(message: string): Failure {
  return new Failure('precondition', 'key_provider_unconfigured', message);
}
