import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { System } from '@selfsame/deploy/local';
import { type ServiceName, serviceNames } from '@selfsame/deploy/topology';
import type { Upstream } from '../../../deploy/local/edge.ts';

type Place = System['ports'][ServiceName];

/** Which places of each service are ready, as Kubernetes tells gateways at once and those who ask for a name when they ask. */
export interface Endpoints {
  /** For the gateway; the lists change. */
  readonly upstreams: Readonly<Record<ServiceName, Upstream[]>>;
  /** What every service is started with. */
  readonly environment: Readonly<Record<string, string>>;
  add(service: ServiceName, place: Place): void;
  remove(service: ServiceName, place: Place): void;
}

const host = '127.0.0.1';
const preload = pathToFileURL(join(import.meta.dirname, 'headless.mjs')).href;
const name = (service: ServiceName) => `${service.toUpperCase().replaceAll('-', '_')}_GRPC`;

/** Nobody is ready yet. @param directory for a file of each service */
export function openEndpoints(directory: string): Endpoints {
  mkdirSync(directory, { recursive: true });
  const ready = new Map<ServiceName, Place[]>(serviceNames.map((service) => [service, []]));
  const upstreams = Object.fromEntries(serviceNames.map((service) => [service, [] as Upstream[]]));

  function change(service: ServiceName, to: (places: Place[]) => Place[]): void {
    const places = to(ready.get(service) ?? []);
    ready.set(service, places);
    const list = upstreams[service] ?? [];
    list.splice(0, list.length, ...places.map(({ http }) => ({ host, port: http })));
    const file = join(directory, service);
    writeFileSync(`${file}.new`, places.map(({ grpc }) => `${host}:${grpc}`).join('\n'));
    renameSync(`${file}.new`, file);
  }

  return {
    upstreams: upstreams as Record<ServiceName, Upstream[]>,
    environment: {
      NODE_OPTIONS: `--import=${preload}`,
      DRILL_ENDPOINTS: directory,
      ...Object.fromEntries(serviceNames.map((service) => [name(service), `headless:${service}:1`])),
    },
    add: (service, place) => change(service, (places) => [...places, place]),
    remove: (service, place) => change(service, (places) => places.filter(({ http }) => http !== place.http)),
  };
}
