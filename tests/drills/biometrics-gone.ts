import type { Drill } from './drill.ts';
import { oneFault } from './one-fault.ts';

/** kill -9: no face can be judged, no portrait be read. */
export const biometricsGone: Drill = {
  name: 'biometrics',
  what: 'biometrics is gone',
  async hurt(scene, forMs) {
    await scene.network.refuse('biometrics');
    try {
      return await oneFault(scene, { kind: 'kill', target: 'biometrics' }, forMs);
    } finally {
      await scene.network.accept('biometrics');
    }
  },
};
