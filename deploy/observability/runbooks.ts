import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../local/run.ts';

/** What to do about one alert. */
export interface Runbook {
  /** Of the alert. */
  readonly name: string;
  readonly text: string;
  /** PromQL to paste. */
  readonly queries: readonly string[];
  /** Lines for a shell. */
  readonly commands: readonly string[];
}

/** Where the pages are. */
export const runbooksDirectory = join(repository, 'docs/runbooks');

/** Every page but the one about all. */
export function readRunbooks(): Runbook[] {
  return readdirSync(runbooksDirectory)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => {
      const text = readFileSync(join(runbooksDirectory, file), 'utf8');
      const commands = blocks(text, 'sh').flatMap((block) => block.trim().split('\n'));
      return { name: file.replace('.md', ''), text, queries: blocks(text, 'promql'), commands };
    });
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/```(\w+)\n([^`]*)```/g)]
    .filter(([, named]) => named === language)
    .map(([, , block = '']) => block.trim());
}
