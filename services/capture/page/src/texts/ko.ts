import type { Catalogue } from './catalogue.ts';

export const ko: Catalogue = {};
