// Reads and checks the registry once, at build time, so that no start has to: dist/registry.json.
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkExamples } from '../dist/guards/risk/examples.js';
import { compile } from '../dist/registry/compiled.js';
import { readRules } from '../dist/registry/load-rules.js';
import { rulesOf } from '../dist/registry/rules.js';

const folder = fileURLToPath(new URL('../registry', import.meta.url));
const target = fileURLToPath(new URL('../dist/registry.json', import.meta.url));

rmSync(target, { force: true });
const rules = readRules(folder);
checkExamples(rulesOf(rules));
writeFileSync(target, compile(folder, { 'rules.yaml': rules }));
