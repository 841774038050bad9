import type { Catalogue } from './catalogue.ts';

export const hi: Catalogue = {};
