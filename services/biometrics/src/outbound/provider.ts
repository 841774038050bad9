import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import { listSupportedBackends } from 'onnxruntime-node';
import { loadModel, type ModelBytes, type Provider } from '../pipeline/models.ts';

/**
 * Makes sure, before threads are started, that the models can run where the operator wants them to. Nothing falls back
 * to the CPU in silence: a deployment sized for a GPU would be refusing most of its calls.
 * @param runtime where onnxruntime-node is installed
 * @throws Failure `provider_missing` (its library is not installed), `provider_unusable` (it does not start)
 */
export async function requireProvider(
  provider: Provider,
  models: ModelBytes,
  runtime = runtimeDirectory(),
): Promise<void> {
  if (provider === 'cpu') return;
  const library = providerLibrary(provider, runtime);
  if (library === undefined) {
    const here = `${process.platform} ${process.arch}`;
    throw failure(
      'provider_missing',
      provider,
      `onnxruntime offers no such provider for ${here}; use BIOMETRICS_PROVIDER=cpu`,
    );
  }
  if (!existsSync(library)) {
    throw failure(
      'provider_missing',
      provider,
      `its library ${library} is not installed; fetch it with ` +
        `"node ${join(runtime, 'script/install.js')} --onnxruntime-node-install=cuda12" (it needs CUDA 12), ` +
        'or use BIOMETRICS_PROVIDER=cpu',
    );
  }
  try {
    await loadModel('quality', models.quality, provider);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : '').split('\n');
    throw failure(
      'provider_unusable',
      provider,
      `it does not start (${reason}); check the driver, CUDA 12 and cuDNN 9 on this machine, or use BIOMETRICS_PROVIDER=cpu`,
      error,
    );
  }
}

/** Where a provider's library lies; undefined when there is none for this platform. */
function providerLibrary(provider: Provider, runtime: string): string | undefined {
  if (!listSupportedBackends().some(({ name }) => name === provider)) return undefined;
  const place = `bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_${provider}.so`;
  return join(runtime, place);
}

function runtimeDirectory(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
}

function failure(code: string, provider: Provider, reason: string, cause?: unknown): Failure {
  return new Failure('precondition', code, `BIOMETRICS_PROVIDER=${provider} cannot be used: ${reason}`, {
    cause,
  });
}
