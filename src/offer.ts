import { configSchema } from './core/config.ts';
import { HomeostatError } from './core/errors.ts';
import type { Tool } from './core/tool.ts';
import { loadConfig } from './registry/config-file.ts';
import { TOOLS } from './tools/index.ts';

/** The toolsets asked for; an unreadable configuration hides none, since each call then says what is wrong with it. */
export function offeredTools(
  {
    readOnly,
    toolsets,
  }: { readonly readOnly?: boolean | undefined; readonly toolsets?: readonly string[] | undefined },
  path: string,
): readonly Tool[] {
  const wanted = toolsets ?? configuredToolsets(path);
  const known = new Set(TOOLS.map((tool) => tool.toolset));
  const unknown = wanted.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new HomeostatError(
      'invalid_input',
      `there is no toolset ${unknown}; there are ${[...known].join(', ')}`,
    );
  }
  const readsOnly = (tool: Tool): boolean =>
    tool.annotations.readOnlyHint || (tool.kind === 'action' && tool.urgent);
  return TOOLS.filter((tool) => wanted.includes(tool.toolset) && (readOnly !== true || readsOnly(tool)));
}

function configuredToolsets(path: string): readonly string[] {
  try {
    return loadConfig(path).config.toolsets;
  } catch {
    return configSchema.parse({}).toolsets;
  }
}
