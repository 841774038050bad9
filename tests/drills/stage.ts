import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '@selfsame/deploy/topology';
import { cleanUpAfterDeath } from '../chaos/leftovers.ts';
import { openNatsDisk } from '../chaos/nats-disk.ts';
import { type Receiver, startReceiver } from '../chaos/receivers.ts';
import type { Temper } from '../chaos/tempers.ts';
import { prepareTenant, type RegisteredTenant, register } from '../chaos/tenants.ts';
import { runSystem } from '../harness/running-system.ts';
import { openClocks } from './clocks.ts';
import type { Scene } from './drill.ts';
import type { Door } from './journey.ts';
import { openNetwork } from './network.ts';

/** A running system with an application, its receivers, and hands on everything that can go wrong. */
export interface Stage extends Scene {
  readonly door: Door;
  readonly tenant: RegisteredTenant;
  readonly receivers: readonly Receiver[];
  /** Processes that ended though nobody had killed them. */
  readonly ownDeaths: string[];
  close(): Promise<void>;
}

/** Deliveries are tried again sooner than an operator would have it, so that a drill ends. */
export const environment = {
  LOG_LEVEL: 'warn',
  SESSION_CREATIONS_PER_MINUTE: '1000000',
  CAPTURE_REQUESTS_PER_IP_PER_MINUTE: '10000000',
  WEBHOOK_CIRCUIT_COOLDOWN_MS: '500',
  WEBHOOK_CIRCUIT_MAX_COOLDOWN_MS: '2000',
};
const tempers: readonly Temper[] = [
  { name: 'drills', owner: 'demo', isOrdered: false, actions: [['take', 1]], mostRefusals: 0 },
  { name: 'drills-ordered', owner: 'demo', isOrdered: true, actions: [['take', 1]], mostRefusals: 0 },
];
const deadlineMs = 10_000;

/** Starts it; on an error what was started is taken down again. */
export async function setStage(options: {
  signal?: AbortSignal;
  report?: (line: string) => void;
}): Promise<Stage> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const { signal = new AbortController().signal, report = () => undefined } = options;
  try {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'selfsame-drills-'));
    undo.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
    undo.push(cleanUpAfterDeath(dataDirectory));
    const disk = openNatsDisk(join(dataDirectory, 'nats'));
    undo.push(() => disk.release());
    const network = await openNetwork();
    undo.push(() => network.close());
    const clocks = openClocks(join(dataDirectory, 'clocks'));
    const ownDeaths: string[] = [];
    const system = await runSystem(environment, {
      dataDirectory,
      report: (line) => {
        if (/ ended \(/.test(line)) ownDeaths.push(line);
        report(line);
      },
      signal,
      between: network.between,
      overrides: Object.fromEntries(serviceNames.map((name) => [name, clocks.environmentOf(name)])),
    });
    undo.push(() => system.stop());
    const { tenant, receivers } = await openApplication(system, undo);
    const door = { baseUrl: system.baseUrl, apiKey: tenant.apiKey };
    return { system, disk, network, clocks, signal, door, tenant, receivers, ownDeaths, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The application of a drill, and two receivers of its webhooks. */
export async function openApplication(
  system: Scene['system'],
  undo: (() => Promise<void> | void)[],
): Promise<{ tenant: RegisteredTenant & { apiKey: string }; receivers: Receiver[] }> {
  const tenant = await prepareTenant(system, { slug: 'demo', workflowId: 'wf_reauth', keys: 1 });
  const receivers: Receiver[] = [];
  for (const temper of tempers) {
    const receiver = await startReceiver(temper, { seed: 1, deadlineMs });
    undo.push(() => receiver.close());
    await register(tenant, receiver);
    receivers.push(receiver);
  }
  return { tenant: { ...tenant, apiKey: system.local.api_key }, receivers };
}
