// Loaded into a service before everything else (`node --import`): gRPC addresses `headless:<service>:<port>` resolve to the
// places that a file lists, as the name of a headless Service resolves to the pods that are ready. As with DNS nobody is told
// of a change: a client asks again when a connection of its ends.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const directory = process.env.DRILL_ENDPOINTS;

if (directory !== undefined) {
  const require = createRequire(new URL('../../../libs/runtime/package.json', import.meta.url));
  const { experimental, status, Metadata } = require('@grpc/grpc-js');
  const { registerResolver, statusOrFromError, statusOrFromValue } = experimental;

  const endpointsOf = (service) => {
    const text = readFileSync(join(directory, service), 'utf8').trim();
    return text.split(/\s+/).map((place) => {
      const [host, port] = place.split(':');
      return { addresses: [{ host, port: Number(port) }] };
    });
  };

  class HeadlessResolver {
    constructor(target, listener) {
      this.service = target.path.split(':')[0];
      this.listener = listener;
    }
    updateResolution() {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        let found;
        try {
          found = statusOrFromValue(endpointsOf(this.service));
        } catch {
          const details = 'no such service';
          found = statusOrFromError({ code: status.UNAVAILABLE, details, metadata: new Metadata() });
        }
        this.listener(found, {}, null, '');
      }, 20);
    }
    destroy() {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    static getDefaultAuthority(target) {
      return target.path;
    }
  }
  registerResolver('headless', HeadlessResolver);
}
