import { relative, resolve } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { HookChange, HookRequest } from '../../core/hook.ts';
import { type Effect, type Factor, type Risk, riskOf } from '../../core/risk.ts';
import type { Workspace } from '../../core/principal.ts';
import { assessContext } from '../house.ts';
import { assessCommand } from '../risk/assess-command.ts';
import { type AssessContext, unique } from '../risk/assess.ts';
import { asFactor, gradeTouch, type Touch } from '../risk/grade.ts';
import type { HookHouse } from './hook-house.ts';

interface Found {
  readonly factors: readonly Factor[];
  readonly effects: readonly Effect[];
}

/** What a client's own tool risks. Whatever it does, homeostat keeps nothing of what stood there before. */
export function hookRisk(request: HookRequest, workspace: Workspace, house: HookHouse): Risk {
  const ctx = assessContext(house, workspace);
  const found: Found[] = [
    ...request.lines.map((line) => lineRisk(line, workspace.cwd, ctx, house)),
    ...request.touches.map(({ path, change }) => touchRisk(path, change, workspace.cwd, ctx)),
  ];
  const factors = unique(found.flatMap((f) => f.factors));
  const effects = found.flatMap((f) => f.effects);
  return riskOf(factors, [], 'irreversible', { effects, instead: [] });
}

function lineRisk(line: string, cwd: string, ctx: AssessContext, house: HookHouse): Found {
  const { factors, effects, origins } = assessCommand(line, cwd, {}, ctx);
  for (const [path, from] of origins) house.origins.set(path, from);
  return { factors: [...factors, ...namesOwn(line, ctx)], effects };
}

/** Another installation of the same program. */
const INSTALLED = /\bhomeostat\/dist\/(main|cli)\b/;

/** Code within a line may name homeostat's folders where no path is looked for: as text, they are spelled out all the same. */
function namesOwn(line: string, ctx: AssessContext): Factor[] {
  const spelled = ctx.ownFolders.flatMap((folder) =>
    isInside(folder, ctx.home) && folder !== ctx.home ? [folder, relative(ctx.home, folder)] : [folder],
  );
  const named =
    spelled.find((text) => text.includes('/') && line.includes(text)) ?? INSTALLED.exec(line)?.[0];
  if (named === undefined) return [];
  const reason = 'It names homeostat’s own state, configuration or program.';
  return [{ rule: 'own-state', level: 'CRITICAL', reason, evidence: named }];
}

const KINDS = { read: 'read', write: 'overwrite', edit: 'overwrite', delete: 'delete' } as const;

function touchRisk(named: string, change: HookChange, cwd: string, ctx: AssessContext): Found {
  const path = ctx.real(resolve(cwd, named));
  const kind: Touch['kind'] = KINDS[change];
  // Of an edit the client has read what stood there, and takes away only what it names.
  const grade = gradeTouch(
    { kind, path, recursive: false, wide: false, made: false, saved: change === 'edit' },
    ctx,
  );
  const isSecret = grade?.rule === 'secrets' && change === 'read';
  return {
    effects: [{ kind: isSecret ? 'secret_read' : kind, target: path, evidence: named }],
    factors: grade === null ? [] : [asFactor(grade, named)],
  };
}
