import { matchView, reportedMatches, searchFindings, searchRisks, searchSettings } from './face-search.ts';
import { defineFeature } from './feature.ts';

/** FACE_SEARCH, of standalone calls: who of the application looks like this face? In workflows LIVENESS searches. */
export const standaloneFaceSearch = defineFeature({
  name: 'FACE_SEARCH',
  aliases: [],
  capture: 'face',
  shared: null,
  after: [],
  settings: searchSettings,
  warningFeature: 'LIVENESS',
  risks: searchRisks,
  details: () => ({}),
  judge(config, { face, vendorData }) {
    if (face === null) return null;
    return {
      score: null,
      findings: searchFindings(config, face, true, vendorData ?? null),
      details: {},
      matches: reportedMatches(config, face),
    };
  },
  blockKey: 'face_searches',
  block: (report, _sessionId, known) => ({
    node_id: report.node_id,
    status: report.status,
    total_matches: report.matches?.length ?? 0,
    matches: (report.matches ?? []).map((match) => matchView(match, known?.get(match.session_id ?? ''))),
    warnings: report.warnings,
  }),
  summaryKey: 'face_search',
  summary: (report) => ({ status: report.status, total_matches: report.matches?.length ?? 0 }),
  listKey: 'face_search',
  listSummary: (report) => ({ total_matches: report.matches?.length ?? 0 }),
});
