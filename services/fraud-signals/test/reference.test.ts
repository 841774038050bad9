import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { catalogue } from '../src/domain/catalogue.ts';
import { referencePage } from '../src/reference-page.ts';

it('the committed reference is that of the catalogue', async () => {
  const committed = await readFile(new URL('../../../docs/signals.md', import.meta.url), 'utf8');
  expect(committed === referencePage(), 'docs/signals.md is out of date: run `pnpm signals:reference`').toBe(
    true,
  );
});

it('the reference names every signal once', () => {
  const page = referencePage();
  for (const { id } of catalogue) expect(page.split(`| \`${id}\` `), id).toHaveLength(2);
});
