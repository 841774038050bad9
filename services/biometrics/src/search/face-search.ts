import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { createCounter, createGauge, createHistogram } from '@selfsame/runtime/metrics';
import type { BiometricsTables } from '../outbound/tables.ts';
import type { Vault } from '../outbound/vault.ts';
import { usableKeys } from '../template-keys.ts';
import { byLikeness, type Likeness } from './best.ts';
import { type LikenessesByKind, openFaceIndex, type Probe } from './face-index.ts';
import { type Follower, type IndexState, startFollower } from './follower.ts';
import { type FaceOwner, findOwners } from './search-store.ts';
import type { FaceKind } from './shelves.ts';
import { SEARCH_DOT_MIN, searchScore } from './similarity.ts';

/** What a face is searched for among: the face lists and the templates of other subjects, or of every subject. */
export type SearchScope = 'none' | 'others' | 'everyone';

/** Whose face it is. */
export interface Searcher {
  readonly applicationId: string;
  /** Keyed hash of the subject, whose own template is left out of `others`; undefined when nobody is named. */
  readonly subject: string | undefined;
}

/** A stored face that looks alike. */
export interface FaceMatch {
  readonly kind: FaceKind;
  /** The session that enrolled it or that a list entry was made from; null when it was made from a picture. */
  readonly sessionId: string | null;
  /** Of a list entry; null otherwise. */
  readonly listId: string | null;
  readonly entryId: string | null;
  /** 50..100 on the scale of searches. */
  readonly similarity: number;
}

/**
 * What came of a search. `unavailable`: whoever relies on it must not approve. `matches`: best first, at most five, the
 * best entry of each list kind among them.
 */
export type Searched =
  | { readonly searchOutcome: 'not_asked' | 'unavailable'; readonly searchMatches: readonly [] }
  | { readonly searchOutcome: 'searched'; readonly searchMatches: readonly FaceMatch[] };

/** The faces of every application, searched within one. */
export interface FaceSearch extends Pick<Follower, 'built' | 'nudge' | 'caughtUp' | 'state'> {
  /**
   * Never throws and never takes longer than a quarter of a second.
   * @param embedding undefined when there is no face to search for
   */
  search(searcher: Searcher, embedding: Float32Array | undefined, scope: SearchScope): Promise<Searched>;
  close(): Promise<void>;
}

/** A search of a million takes some 10 ms; one that takes so long will not come. */
const DEADLINE_MS = 250;
const MATCHES_MAX = 5;
/**
 * How many of the best of a kind are taken first and, when too many of them are the subject's own or gone by now, next.
 * Where even that does not do, the index is not what Postgres is.
 */
const KEEP_STEPS = [8, 128];
const KINDS: readonly FaceKind[] = ['subject', 'blocklist', 'allowlist'];

const NOT_ASKED: Searched = { searchOutcome: 'not_asked', searchMatches: [] };
const UNAVAILABLE: Searched = { searchOutcome: 'unavailable', searchMatches: [] };

const searches = createCounter('selfsame_searches_total', 'Searches for a face.', ['outcome']);
const searchSeconds = createHistogram('selfsame_search_seconds', 'What a search for a face took.');
const faceCount = createGauge('selfsame_search_faces', 'Templates in memory that faces are searched among.');
const indexState = createGauge(
  'selfsame_search_index',
  'What the search index is good for: 1 for the state that it is in, 0 for the others.',
  ['state'],
);
const states: readonly IndexState[] = ['building', 'current', 'late', 'full'];

/** What a search needs of its surroundings. */
export interface FaceSearchOptions {
  readonly database: Database<BiometricsTables>;
  readonly vault: Pick<Vault, 'open' | 'protect'>;
  readonly log: Log;
  /** Of memory for templates. */
  readonly maxBytes: number;
  readonly threads: number;
  /** How often changes are read when no event says that there are some. */
  readonly intervalMs: number;
}

/** Begins to read all templates; until that is done every search is `unavailable`. */
export function openFaceSearch(options: FaceSearchOptions): FaceSearch {
  const { database, vault, log } = options;
  const index = openFaceIndex(options);
  const follower = startFollower({ ...options, database: database as Database, index });
  const shown = [
    faceCount(() => [{ labels: {}, value: index.size() }]),
    indexState(() =>
      states.map((state) => ({ labels: { state }, value: Number(follower.state() === state) })),
    ),
  ];

  async function find(
    { applicationId, subject }: Searcher,
    embedding: Float32Array,
    scope: SearchScope,
    signal: AbortSignal,
  ): Promise<Searched> {
    if (follower.state() !== 'current') return UNAVAILABLE;
    const keys = await usableKeys(database.db, applicationId);
    const probes: Probe[] = keys.map((key) => ({
      keyVersion: key.version,
      template: vault.protect(key, embedding),
    }));
    const excluded = scope === 'others' ? subject : undefined;
    for (const keep of KEEP_STEPS) {
      const found = await index.search(applicationId, probes, { keep, floor: SEARCH_DOT_MIN, signal });
      if (signal.aborted) return UNAVAILABLE;
      const ids = KINDS.flatMap((kind) => found[kind].map(({ id }) => id));
      const owners = ids.length === 0 ? new Map<number, FaceOwner>() : await findOwners(database.db, ids);
      const matches = choose(found, owners, excluded, keep);
      if (matches !== undefined) return { searchOutcome: 'searched', searchMatches: matches };
    }
    log.warn('too many of the faces that a search found are gone');
    return UNAVAILABLE;
  }

  return {
    built: Promise.all([follower.built, index.ready]).then(() => {}),
    state: follower.state,
    nudge: follower.nudge,
    caughtUp: follower.caughtUp,
    async search(searcher, embedding, scope) {
      if (scope === 'none' || embedding === undefined) return NOT_ASKED;
      const startMs = performance.now();
      const late = new AbortController();
      const done = new AbortController();
      const deadline = pause(DEADLINE_MS, UNAVAILABLE, { signal: done.signal }).catch(() => UNAVAILABLE);
      const finding = find(searcher, embedding, scope, late.signal).catch((error) => {
        log.warn({ err: error, code: errorCode(error) }, 'a search for a face failed');
        return UNAVAILABLE;
      });
      const searched = await Promise.race([finding, deadline]);
      done.abort();
      late.abort();
      searchSeconds.observe({}, (performance.now() - startMs) / 1_000);
      searches.add({ outcome: searched.searchOutcome });
      return searched;
    },
    async close() {
      for (const hide of shown) hide();
      await follower.stop();
      await index.close();
    },
  };
}

/**
 * The best five of what is left without the excluded subject and without rows that are gone. The best entry of each list
 * kind is among them however many subjects look more alike: it is what decides.
 * @returns undefined when more would have to be looked at to know
 */
function choose(
  found: LikenessesByKind,
  owners: ReadonlyMap<number, FaceOwner>,
  excluded: string | undefined,
  kept: number,
): FaceMatch[] | undefined {
  const chosen: { likeness: Likeness; match: FaceMatch; first: boolean }[] = [];
  for (const kind of KINDS) {
    const left = found[kind].flatMap((likeness) => {
      const owner = owners.get(likeness.id);
      const own = owner?.subject !== null && owner?.subject === excluded;
      return owner === undefined || own ? [] : [{ likeness, match: matchOf(kind, likeness, owner) }];
    });
    if (left.length < MATCHES_MAX && found[kind].length === kept) return undefined;
    for (const [place, each] of left.entries()) {
      chosen.push({ ...each, first: place === 0 && kind !== 'subject' });
    }
  }
  const byRank = chosen.sort((one, other) => byLikeness(one.likeness, other.likeness));
  const others = byRank.filter(({ first }) => !first);
  const room = MATCHES_MAX - (byRank.length - others.length);
  const listed = new Set(others.slice(0, room));
  return byRank.filter((each) => each.first || listed.has(each)).map(({ match }) => match);
}

function matchOf(kind: FaceKind, { dot }: Likeness, owner: FaceOwner): FaceMatch {
  const { sessionId, listId, entryId } = owner;
  return { kind, sessionId, listId, entryId, similarity: searchScore(dot) };
}
