import { readFileSync } from 'node:fs';
import type { Card } from './core/card.ts';
import type { Config } from './core/config.ts';
import { HomeostatError, asHomeostatError } from './core/errors.ts';
import type { PolicyTest } from './core/judgement.ts';
import { checkCardNames } from './guards/policy/autonomy.ts';
import type { Policy } from './guards/policy/replay.ts';
import { heldToExamples } from './guards/risk/examples.ts';
import { type ConfigFile, loadConfig, parseConfig } from './registry/config-file.ts';
import { parseRules, readShipped } from './registry/load-registry.ts';
import { registryOf } from './registry/registry.ts';

/** Files that stand for the shipped rules and the person's configuration. */
export interface PolicyFiles {
  readonly rules?: string | undefined;
  readonly config?: string | undefined;
}

/** Holds rules to their examples, all of them, and reads a configuration as a start would. */
export function testPolicy(files: PolicyFiles, own: string, cards: ReadonlyMap<string, Card>): PolicyTest {
  const problems: string[] = [];
  const rules = new Set<string>();
  let examples = 0;
  try {
    const data = readShipped();
    const changed = files.rules === undefined ? data.rules : parseRules(text(files.rules), files.rules);
    for (const { rule, problem } of heldToExamples(registryOf({ ...data, rules: changed }))) {
      examples++;
      rules.add(rule);
      if (problem !== null) problems.push(problem);
    }
  } catch (error) {
    problems.push(asHomeostatError(error).message);
  }
  try {
    const path = files.config ?? own;
    checkCardNames(files.config === undefined ? loadConfig(own).config : parse(files.config), path, cards);
  } catch (error) {
    problems.push(asHomeostatError(error).message);
  }
  return { rules: rules.size, examples, problems };
}

/** The policy that those files would be, as if a person had trusted it. */
export function policyFrom(
  files: PolicyFiles,
  now: Policy,
  file: ConfigFile,
  cards: ReadonlyMap<string, Card>,
): Policy {
  const config = files.config === undefined ? file.config : parse(files.config);
  checkCardNames(config, files.config ?? file.path, cards);
  return {
    config,
    rules: files.rules === undefined ? now.rules : parseRules(text(files.rules), files.rules),
  };
}

const parse = (path: string): Config => parseConfig(text(path), path);

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HomeostatError('not_found', `${path} cannot be read: ${String(cause)}`, { cause });
  }
}
