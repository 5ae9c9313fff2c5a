import type { RulesData } from './rules-schema.ts';

type CommandData = RulesData['commands'][number];

export interface CommandRule extends Omit<CommandData, 'args' | 'text'> {
  readonly args: RegExp | undefined;
  readonly text: RegExp | undefined;
}
export type PathRule = RulesData['paths'][number];
export type CircumstanceRule = RulesData['circumstances'][number];

export interface Rules extends Omit<RulesData, 'commands'> {
  readonly commands: readonly CommandRule[];
}

/** Rules as they are used, from what the file says. */
export const rulesOf = (data: RulesData): Rules => ({
  ...data,
  commands: data.commands.map((rule) => ({
    ...rule,
    args: rule.args === undefined ? undefined : new RegExp(rule.args, 's'),
    text: rule.text === undefined ? undefined : new RegExp(rule.text, 'is'),
  })),
});
