import type { RulesData } from './rules-schema.ts';

export type PathRule = RulesData['paths'][number];
export type DownloadRule = RulesData['downloads'][number];
export type CircumstanceRule = RulesData['circumstances'][number];
export type Rules = RulesData;
