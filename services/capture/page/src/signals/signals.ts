import type { PageFacts, VisitRequest } from '../../../src/wire.ts';
import { signVisit, type VisitPurpose } from '../look/device-key.ts';
import type { Moments } from '../moments.ts';
import { within } from '../within.ts';
import { watchBehaviour } from './behaviour.ts';
import { browser, clientHints, timeAndPlace } from './browser.ts';
import { startCollector } from './collector.ts';
import { drawing, webgl, webgpu } from './drawing.ts';
import { driver, permissions } from './driver.ts';
import { engine } from './engine.ts';
import { clock, link } from './link.ts';
import { hiddenBaits, keyboard, mediaDevices, network, power } from './machine.ts';
import { factsOf, type Part } from './part.ts';
import { freshFrame, worker } from './realms.ts';
import { screenPart } from './screen.ts';
import { sound, soundOutput, voices } from './sound.ts';
import { fileSystem, mark, storage } from './storage.ts';

/** What waits for others first, what takes this page's time last. */
const parts: readonly Part[] = [
  ...[browser, worker, clock, clientHints, driver, permissions, screenPart, timeAndPlace],
  ...[mark, storage, fileSystem, hiddenBaits, voices, webgpu, mediaDevices, power, network, keyboard],
  ...[engine, sound, freshFrame, drawing, webgl, soundOutput, link],
];

/** The visit's signals, once their code is here. */
export interface VisitSignals {
  /**
   * What the opening tells: all that was found, or what there is after `patienceMs` or `stop`. Only who can prove the
   * device says that the user goes on.
   */
  visit(visitNonce: string, purpose: VisitPurpose, patienceMs: number): Promise<VisitRequest>;
  /** The camera comes: nothing new is looked at. */
  stop(): void;
  /** How the page was used until now: goes along with a picture. */
  behaviour(): PageFacts;
}

/** Begins to look and to watch. */
export function startSignals(moments: Moments): VisitSignals {
  const behaviour = watchBehaviour(moments);
  const collector = startCollector(parts);
  return {
    async visit(visitNonce, purpose, patienceMs) {
      const signed = visitNonce === '' ? undefined : signVisit(visitNonce, purpose);
      await within(collector.done, patienceMs);
      const proof = await signed;
      const facts = factsOf({ ...behaviour.found(), ...collector.found() });
      if (proof === undefined) return { facts };
      return {
        facts,
        visit_nonce: visitNonce,
        proof,
        ...(purpose === 'continue' ? { continues: true } : {}),
      };
    },
    stop: collector.stop,
    behaviour: () => factsOf(behaviour.found()),
  };
}
