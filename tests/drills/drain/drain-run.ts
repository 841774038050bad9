import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '@selfsame/deploy/topology';
import { createEdge } from '../../../deploy/local/edge.ts';
import { createRouter, readRules } from '../../../deploy/routes.ts';
import { cleanUpAfterDeath } from '../../chaos/leftovers.ts';
import { runSystem } from '../../harness/running-system.ts';
import { gather } from '../crowd.ts';
import { findLosses, type Outcome, sortAsks } from '../judgement.ts';
import { environment, openApplication } from '../stage.ts';
import { openEndpoints } from './endpoints.ts';
import { openLivePage } from './live-page.ts';
import { createRollout, type Patience, type Replaced, type Rollout } from './rolling.ts';
import { slowLink } from './slow-link.ts';

export interface DrainOptions extends Patience {
  /** How often every service is restarted. */
  readonly times: number;
  readonly replicas: number;
  /** So many services are restarted at the same time. */
  readonly atOnce: number;
  /** Ends it after what is under way; what was proven until then is told. */
  readonly signal?: AbortSignal;
  readonly report?: (line: string) => void;
}

export interface DrainOutcome extends Omit<Outcome, 'name' | 'what' | 'byHand' | 'healedAfterMs'> {
  readonly replaced: readonly Replaced[];
  /** Refusals that came at once. Others waited for a deadline first: a starved machine refuses so, whether or not anything restarts. */
  readonly refusedAtOnce: readonly string[];
  /** Live channels that were broken off and came back. */
  readonly reconnected: number;
}

/** Every so many visitors one sends a picture so slowly that it outlasts a preStop. */
const slowEvery = 5;

/** The shortest deadline that a call of ours has is two seconds. */
const atOnceMs = 1_500;

/** As `isSeamless`, for a machine of which nobody knows what else it has to do: deadlines may pass. */
export function isDrained({ wrong, lost, replaced, refusedAtOnce }: DrainOutcome): boolean {
  const findings = wrong.length + lost.length + refusedAtOnce.length;
  return findings === 0 && replaced.every(({ exitCode }) => exitCode === 0);
}

/** Every request was answered, everything is told, and whoever was asked to end did so in order. */
export function isSeamless({ ok, requests, wrong, lost, replaced }: DrainOutcome): boolean {
  return (
    ok === requests && wrong.length + lost.length === 0 && replaced.every(({ exitCode }) => exitCode === 0)
  );
}

/**
 * Restarts every service again and again as Kubernetes does, with users in it: a new process is ready before an old one leaves
 * the endpoints, which goes on for a moment, then is told to end and drains.
 */
export async function drain(options: DrainOptions): Promise<DrainOutcome> {
  const {
    times,
    replicas,
    preStopMs,
    signal = new AbortController().signal,
    report = () => undefined,
  } = options;
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'selfsame-drain-'));
    undo.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
    undo.push(cleanUpAfterDeath(dataDirectory));
    const endpoints = openEndpoints(join(dataDirectory, 'endpoints'));
    const gateway = createEdge({ route: createRouter(readRules()), upstreams: endpoints.upstreams });
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    undo.push(() => {
      gateway.close();
      gateway.closeAllConnections();
    });
    const baseUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const ownDeaths: string[] = [];
    const system = await runSystem(
      { ...environment, PUBLIC_BASE_URL: baseUrl },
      {
        dataDirectory,
        places: replicas + 1,
        // The first of each is there from the start.
        onPlaces: (places) => {
          for (const service of serviceNames)
            for (const place of places[service].slice(0, 1)) endpoints.add(service, place);
        },
        overrides: Object.fromEntries(
          serviceNames.flatMap((service) =>
            [service, ...Array.from({ length: replicas }, (_, at) => `${service}-${at + 2}`)].map((name) => [
              name,
              endpoints.environment,
            ]),
          ),
        ),
        report: (line) => {
          if (/ ended \(/.test(line)) ownDeaths.push(line);
        },
      },
    );
    undo.push(() => system.stop());
    const rollouts = serviceNames.map((service) => createRollout(system, endpoints, { ...options, service }));
    await Promise.all(rollouts.map((rollout) => rollout.begin()));
    const { tenant, receivers } = await openApplication(system, undo);
    const door = { baseUrl, apiKey: tenant.apiKey };
    const crowd = await gather(door, {
      atOnce: 3,
      restMs: 1_000,
      send: (number) => (number % slowEvery === 1 ? slowLink(preStopMs + 1_500) : undefined),
    });
    const waiting = await tenant.clients[0]?.post('/v3/session/', { workflow_id: 'wf_liveness' });
    const live = openLivePage(waiting?.body.session_url);
    const replaced: Replaced[] = [];
    try {
      for (let time = 1; time <= times && !signal.aborted; time += 1) {
        replaced.push(...(await rollAll(rollouts, options.atOnce, signal)));
        const asks = [...crowd.journeys.flatMap((journey) => journey.asks), ...crowd.glances];
        const bad = asks.filter(({ outcome }) => outcome !== 'ok');
        const failures = [...new Set([...bad.map(({ words }) => words), ...live.failures])].join(', ');
        report(
          `${time}/${times}: ${replaced.length} replaced, ${asks.length} requests, ${bad.length} failed ${failures}`,
        );
      }
      await crowd.well(performance.now());
    } finally {
      await crowd.leave();
      await live.close();
    }
    const sorted = sortAsks(crowd.journeys, crowd.glances);
    const { lost, webhooks } = await findLosses({ system, tenant, receivers }, crowd.journeys);
    return {
      ...sorted,
      wrong: [...sorted.wrong, ...live.failures],
      webhooks,
      lost: [...lost, ...ownDeaths],
      replaced,
      refusedAtOnce: [...crowd.journeys.flatMap(({ asks }) => asks), ...crowd.glances]
        .filter(({ outcome, tookMs }) => outcome === 'refused' && tookMs < atOnceMs)
        .map(({ words }) => words),
      reconnected: live.breaks,
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Each once, so many at a time. */
async function rollAll(
  rollouts: readonly Rollout[],
  atOnce: number,
  signal: AbortSignal,
): Promise<Replaced[]> {
  const waiting = [...rollouts];
  const replaced: Replaced[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      replaced.push(...(await next.roll(signal)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return replaced;
}
