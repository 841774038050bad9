import type { Catalogue } from './catalogue.ts';

export const ca: Catalogue = {};
