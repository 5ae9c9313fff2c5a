import type { Registry } from '../../registry/registry.ts';
import { openScanner } from './code/scan.ts';
import type { Catalogue } from './context.ts';

/** What the assessor knows of commands, ready for use. */
export const openCatalogue = ({ commands }: Registry): Catalogue => ({
  ...commands,
  scanner: openScanner(commands.calls),
});
