import {
  FaceSearchKind,
  type FaceSearchMatch,
  SearchOutcome,
} from '@selfsame/contracts/biometrics/v1/evidence';
import { type DeepPartial, FaceListKind, FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import type { FaceMatch, Searched, SearchScope } from '../search/face-search.ts';

/** The proto's words for searches and face lists, one table for each enumeration. */
const scopes: Partial<Record<FaceSearchScope, SearchScope>> = {
  [FaceSearchScope.OTHERS]: 'others',
  [FaceSearchScope.EVERYONE]: 'everyone',
};

const outcomes: Record<Searched['searchOutcome'], SearchOutcome> = {
  not_asked: SearchOutcome.NOT_ASKED,
  searched: SearchOutcome.SEARCHED,
  unavailable: SearchOutcome.UNAVAILABLE,
};

const kinds: Record<FaceMatch['kind'], FaceSearchKind> = {
  subject: FaceSearchKind.SUBJECT,
  blocklist: FaceSearchKind.BLOCKLIST,
  allowlist: FaceSearchKind.ALLOWLIST,
};

const listKinds: Partial<Record<FaceListKind, 'blocklist' | 'allowlist'>> = {
  [FaceListKind.BLOCKLIST]: 'blocklist',
  [FaceListKind.ALLOWLIST]: 'allowlist',
};

/** Callers of before do not name a scope: they did not ask. */
export function searchScope(scope: FaceSearchScope): SearchScope {
  return scopes[scope] ?? 'none';
}

/** @returns undefined when none is named */
export function listKind(kind: FaceListKind): 'blocklist' | 'allowlist' | undefined {
  return listKinds[kind];
}

/** The part of the evidence that a search is. */
export function searchEvidence({ searchOutcome, searchMatches }: Searched): {
  searchOutcome: SearchOutcome;
  searchMatches: DeepPartial<FaceSearchMatch>[];
} {
  return {
    searchOutcome: outcomes[searchOutcome],
    searchMatches: searchMatches.map(({ kind, sessionId, listId, entryId, similarity }) => ({
      kind: kinds[kind],
      sessionId: sessionId ?? '',
      listId: listId ?? '',
      entryId: entryId ?? '',
      similarity,
    })),
  };
}
