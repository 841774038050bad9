import { describe, expect, it } from 'vitest';
import { lookSignals } from './catalogue/look.ts';
import { lookFactsOf, type SeenFace } from './look-facts.ts';

const passive: SeenFace = {
  faceCount: 1,
  problem: null,
  livenessScore: 93.1,
  quality: 90.9,
  luminance: 51.9,
  matchOutcome: 'compared',
  similarity: 97.2,
  enrolledSimilarity: null,
  enrolledUnreadable: false,
  search: 'searched',
  matches: [],
  challenge: null,
  mediaSignals: [
    { name: 'media_sharpness', value: 0.64, raised: false },
    { name: 'face_screen_edge_detected', value: 4, raised: true },
    { name: 'cam_device_count', value: 2, raised: false },
  ],
};

const statesOf = (seen: SeenFace | null) => {
  const facts = lookFactsOf(seen);
  return new Map(lookSignals.map((signal) => [signal.id, signal.read(facts).state]));
};

describe('what a look tells becomes facts', () => {
  it('scores and traces keep their values', () => {
    const facts = lookFactsOf(passive);
    expect(facts.get('look.similarity')).toBe(97.2);
    expect(facts.get('look.media_sharpness')).toBe(0.64);
    expect(facts.get('look.raised')).toEqual(['face_screen_edge_detected']);
    const edges = lookSignals.find(({ id }) => id === 'face_screen_edge_detected');
    expect(edges?.isRaised(4, facts)).toBe(true);
  });

  it('before a look, and of what it did not do, everything is absent', () => {
    expect(new Set(statesOf(null).values())).toEqual(new Set(['absent']));
    const states = statesOf(passive);
    for (const id of [
      'face_challenge_passed',
      'face_flash_response_corr',
      'media_letterbox',
      'face_problem',
    ]) {
      expect(states.get(id), id).toBe('absent');
    }
  });

  it('a search that nobody asked for found nothing; one that failed could not look', () => {
    expect(statesOf({ ...passive, search: null }).get('face_in_blocklist')).toBe('absent');
    const failed = statesOf({ ...passive, search: 'unavailable' });
    expect(failed.get('face_in_blocklist')).toBe('unavailable');
    expect(failed.get('face_seen_on_other_user')).toBe('unavailable');
    expect(failed.get('face_liveness_score')).toBe('value');
  });

  it('matches count by what they are', () => {
    const facts = lookFactsOf({
      ...passive,
      matches: [
        { kind: 'subject', similarity: 71 },
        { kind: 'subject', similarity: 88 },
        { kind: 'allowlist', similarity: 99 },
      ],
    });
    expect(facts.get('look.other_subjects')).toBe(2);
    expect(facts.get('look.other_subject_similarity')).toBe(88);
    expect(facts.get('look.blocklist_faces')).toBe(0);
    expect(facts.get('look.allowlist_faces')).toBe(1);
  });

  it('names that nobody has declared, and numbers that are none, are left out', () => {
    const mediaSignals = [
      { name: 'media_of_tomorrow', value: 1, raised: true },
      { name: 'face_count', value: 9, raised: true },
      { name: 'raised', value: 1, raised: true },
      { name: 'media_sharpness', value: Number.NaN, raised: true },
    ];
    const facts = lookFactsOf({ ...passive, mediaSignals });
    expect([...facts.keys()].toSorted()).toEqual([...lookFactsOf(null).keys()].toSorted());
    expect(facts.get('look.face_count')).toBe(1);
    expect(facts.get('look.media_sharpness')).toBeNull();
    expect(facts.get('look.raised')).toEqual([]);
  });
});
