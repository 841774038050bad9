import type { LivenessMethod } from '../../src/wire.ts';
import type { Lens } from './look/camera.ts';

/** Which camera of the device is looked into. */
export interface Lenses {
  /** Only a plain picture can be taken by the camera behind the screen: the other methods are followed on it. */
  lensFor(method: LivenessMethod | undefined): Lens;
  /** Whether there is another one, and the user may choose. Known once `count` is done. */
  canSwitch(method: LivenessMethod | undefined): boolean;
  turn(): void;
  /** Counts the cameras, which browsers tell once one is granted. Never fails. */
  count(): Promise<void>;
}

/**
 * Reads what the application has put into the link: `liveness_camera=front|back`, the first one, and
 * `liveness_camera_switch=false`, which keeps the user to it.
 * @param isDesktop its cameras have no front and back
 */
export function createLenses(search: string, isDesktop: boolean): Lenses {
  const query = new URLSearchParams(search);
  const maySwitch = !isDesktop && query.get('liveness_camera_switch') !== 'false';
  let lens: Lens = query.get('liveness_camera') === 'back' ? 'back' : 'front';
  let cameras = 1;
  return {
    lensFor: (method) => (method === 'PASSIVE' ? lens : 'front'),
    canSwitch: (method) => maySwitch && cameras > 1 && method === 'PASSIVE',
    turn() {
      lens = lens === 'front' ? 'back' : 'front';
    },
    async count() {
      try {
        const devices = await navigator.mediaDevices.enumerateDevices();
        cameras = devices.filter(({ kind }) => kind === 'videoinput').length;
      } catch {
        cameras = 1;
      }
    },
  };
}
