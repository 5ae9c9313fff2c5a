import { canonical } from './lookup.ts';
import { isWord, type Machine, peek, spend, take } from './machine.ts';
import { plainText } from './token.ts';
import { named } from './value.ts';

/** Takes the import that begins here; false where none does. */
export function takeImport(m: Machine): boolean {
  const word = peek(m)?.text ?? '';
  const isPython = m.language === 'python';
  if (word === 'import') return isPython ? plainImport(m) : m.language === 'javascript' && moduleImport(m);
  return isPython && word === 'from' && fromImport(m);
}

/** `a.b.c`, taken. */
function dotted(m: Machine): string {
  let name = '';
  for (let token = peek(m); token !== undefined; token = peek(m)) {
    if (token.kind !== 'name' && token.text !== '.') break;
    if (token.kind === 'name' && (token.text === 'as' || token.text === 'import')) break;
    name += token.text;
    m.at++;
  }
  return name;
}

function plainImport(m: Machine): boolean {
  m.at++;
  do {
    const module = dotted(m);
    if (take(m, 'as')) {
      const alias = peek(m);
      if (alias?.kind === 'name') m.variables.set(alias.text, named(canonical(m, module)));
      m.at++;
    }
  } while (take(m, ','));
  return true;
}

function fromImport(m: Machine): boolean {
  m.at++;
  const module = canonical(m, dotted(m));
  if (!take(m, 'import')) return true;
  take(m, '(');
  for (let token = peek(m); token !== undefined && spend(m); token = peek(m)) {
    if (token.kind === 'newline' || token.text === ';') break;
    m.at++;
    if (token.text === ')') break;
    if (token.text === '*') m.opened.push(module);
    if (token.kind !== 'name') continue;
    const alias = take(m, 'as') ? peek(m) : undefined;
    if (alias !== undefined) m.at++;
    m.variables.set(alias?.text ?? token.text, named(canonical(m, `${module}.${token.text}`)));
  }
  return true;
}

/** `import x, * as y, {z as w} from 'module'`. */
function moduleImport(m: Machine): boolean {
  if (isWord(peek(m, 1), '(') || isWord(peek(m, 1), '.')) return false;
  m.at++;
  const bound: { name: string; key: string | null }[] = [];
  let braces = false;
  for (let token = peek(m); token !== undefined && spend(m); token = peek(m)) {
    if (token.text === ';') break;
    m.at++;
    if (token.kind === 'string') {
      const module = canonical(m, (plainText(token) ?? '').replace(/^node:/, '').replaceAll('/', '.'));
      for (const { name, key } of bound)
        m.variables.set(name, named(key === null ? module : `${module}.${key}`));
      break;
    }
    if (token.text === '{') braces = true;
    else if (token.text === '}') braces = false;
    else if (token.kind === 'name' && token.text !== 'from' && token.text !== 'as' && token.text !== 'type') {
      const alias = take(m, 'as') ? peek(m) : undefined;
      if (alias !== undefined) m.at++;
      bound.push({
        name: alias?.text ?? token.text,
        key: braces && token.text !== 'default' ? token.text : null,
      });
    }
  }
  return true;
}
