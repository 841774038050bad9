import type { Catalogue } from './catalogue.ts';

export const zhCN: Catalogue = {};
