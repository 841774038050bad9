import type { CaptureProgressed } from '@selfsame/contracts/capture/v1/events';
import { CaptureStage } from '@selfsame/contracts/capture/v1/events';
import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { isVerdict } from '../domain/session-phase.ts';
import type { LiveMessage } from '../wire.ts';

/** How far a page is, in the words of the wire. */
export type VisitStage = Extract<LiveMessage, { is: 'progress' }>['stage'];

/** A page that is connected to this replica. */
export interface Visitor {
  readonly sessionId: string;
  /** UUID of one open page. */
  readonly visitId: string;
  send(message: LiveMessage): void;
  /** Another connection of the same page has come in its place. */
  replaced(): void;
}

/** Which pages of which sessions are connected here, and what they are told of each other. */
export interface Rooms {
  /** @returns leaves again; harmless to repeat */
  enter(visitor: Visitor): () => void;
  /** Pages of a session. */
  count(sessionId: string): number;
  /** A page somewhere went on: the other pages of its session hear of it. */
  progressed(event: CaptureProgressed): void;
  /** A session entered a status: every page of it hears of a verdict. */
  changed(event: SessionStatusChanged): void;
  /** What was last heard of any other page of the visitor's session. */
  lastOf(visitor: Visitor): VisitStage | undefined;
}

const stages: readonly (readonly [VisitStage, CaptureStage])[] = [
  ['opened', CaptureStage.OPENED],
  ['looking', CaptureStage.LOOKING],
  ['checking', CaptureStage.CHECKING],
  ['left', CaptureStage.LEFT],
];

/** The stage as the bus names it. */
export function stageOnBus(stage: VisitStage): CaptureStage {
  return stages.find(([name]) => name === stage)?.[1] ?? CaptureStage.UNSPECIFIED;
}

/**
 * Nobody connected, nothing heard. What was last heard of sessions is remembered for pages that come back after a break.
 * @param rememberedMax sessions; the longest unheard of is forgotten first
 */
export function createRooms(rememberedMax = 5_000): Rooms {
  const rooms = new Map<string, Set<Visitor>>();
  const last = new Map<string, { visitId: string; stage: VisitStage }>();

  return {
    enter(visitor) {
      const { sessionId, visitId } = visitor;
      const room = rooms.get(sessionId) ?? new Set();
      for (const other of room) if (other.visitId === visitId) other.replaced();
      rooms.set(sessionId, room.add(visitor));
      return () => {
        room.delete(visitor);
        if (room.size === 0 && rooms.get(sessionId) === room) rooms.delete(sessionId);
      };
    },
    count: (sessionId) => rooms.get(sessionId)?.size ?? 0,
    progressed({ sessionId, visitId, stage: onBus }) {
      const stage = stages.find(([, each]) => each === onBus)?.[0];
      // A later release may know further stages.
      if (stage === undefined) return;
      last.delete(sessionId);
      last.set(sessionId, { visitId, stage });
      if (last.size > rememberedMax) last.delete(last.keys().next().value ?? '');
      for (const visitor of rooms.get(sessionId) ?? []) {
        if (visitor.visitId !== visitId) visitor.send({ is: 'progress', stage });
      }
    },
    changed({ sessionId, status, callback }) {
      if (!isVerdict(status)) return;
      last.delete(sessionId);
      for (const visitor of rooms.get(sessionId) ?? []) visitor.send({ is: 'finished', status, callback });
    },
    lastOf({ sessionId, visitId }) {
      const heard = last.get(sessionId);
      return heard?.visitId === visitId ? undefined : heard?.stage;
    },
  };
}
