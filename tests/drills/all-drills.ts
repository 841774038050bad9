import { biometricsGone } from './biometrics-gone.ts';
import { clockDrills } from './clock-skew.ts';
import type { Drill } from './drill.ts';
import { halfOpen } from './half-open.ts';
import { natsDiskFull } from './nats-disk-full.ts';
import { natsGone } from './nats-gone.ts';
import { postgresGone } from './postgres-gone.ts';
import { postgresSilent } from './postgres-silent.ts';
import { slowNetwork } from './slow-network.ts';

/** All of them; the disk last, since it takes NATS with it. */
export const allDrills: readonly Drill[] = [
  postgresGone,
  postgresSilent,
  natsGone,
  biometricsGone,
  slowNetwork,
  halfOpen,
  ...clockDrills,
  natsDiskFull,
];
