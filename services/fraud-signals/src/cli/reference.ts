import { writeFile } from 'node:fs/promises';
import { referencePage } from '../reference-page.ts';

/** `pnpm signals:reference`: writes docs/signals.md from the catalogue. */
await writeFile(new URL('../../../../docs/signals.md', import.meta.url), referencePage());
