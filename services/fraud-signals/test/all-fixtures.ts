import { readdirSync } from 'node:fs';
import { type FactName, type Facts, type FactValue, isFactName } from '../src/domain/facts.ts';
import type { FixtureFacts, Fixtures, SignalFixtures } from './fixtures/fixture.ts';

const folder = new URL('./fixtures/', import.meta.url);

/** The fixtures of every area, by signal id. @throws Error when two areas prove one id */
export async function allFixtures(): Promise<ReadonlyMap<string, SignalFixtures>> {
  const found = new Map<string, SignalFixtures>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href);
    for (const [name, fixtures] of Object.entries(exported)) {
      if (!name.endsWith('Fixtures')) continue;
      for (const [id, one] of Object.entries(fixtures as Fixtures)) {
        if (found.has(id)) throw new Error(`${id} has fixtures in two places, one of them ${file}`);
        found.set(id, one);
      }
    }
  }
  return found;
}

/** As signals read them. @throws Error for a fact that nobody has declared */
export function factsOf(fixture: FixtureFacts): Facts {
  const facts = new Map<FactName, FactValue | null>();
  for (const [name, value] of Object.entries(fixture)) {
    if (!isFactName(name)) throw new Error(`${name} is no fact`);
    facts.set(name, value as FactValue | null);
  }
  return facts;
}
