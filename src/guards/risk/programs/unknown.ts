import type { Catalogue } from '../context.ts';
import { type Value, isKnown, joined } from '../shell/value.ts';
import type { Engine, Stream } from './engine.ts';

/** Commands that a program of unknown meaning would hardly be given the name of, were it not to run them. */
const RUNNABLE =
  /^(sudo|doas|env|rm|rmdir|shred|dd|mkfs(\.\w+)?|git|bash|sh|zsh|chmod|chown|kill|pkill|killall|reboot|shutdown|docker|kubectl|find|truncate|wipefs|mv|curl|wget|homeostat)$/;

const LOSING_OPTION =
  /^--(delete|purge|destroy|wipe|erase|drop|remove-all|delete-all|force-delete|nuke)(=.*)?$/;

/** What can be said of a program that nobody knows: by what it is handed. */
export function applyUnknown(
  words: readonly Value[],
  stdin: Stream | null,
  engine: Engine,
  catalogue: Catalogue,
): void {
  const args = words.slice(1);
  const verb = args.slice(0, 4).find((arg) => catalogue.verbs.surely.has(arg.text.toLowerCase()));
  const losing = verb ?? args.find((arg) => LOSING_OPTION.test(arg.text));
  if (losing !== undefined)
    engine.remark(
      'unknown-loses',
      'HIGH',
      `Nobody knows what it does, and it is told to ${losing.text.replace(/^--/, '')}.`,
    );
  const at = args.findIndex((arg) => !arg.text.startsWith('-') && !arg.text.includes('='));
  const inner = at < 0 ? [] : args.slice(at);
  if (inner[0] !== undefined && RUNNABLE.test(inner[0].text.split('/').at(-1) ?? '')) engine.command(inner);
  for (const arg of args) {
    const path = /^-{1,2}[\w-]+=/.test(arg.text) ? { ...arg, text: arg.text.replace(/^[^=]*=/, '') } : arg;
    if (!path.text.startsWith('-') && !/\s/.test(path.text)) engine.found({ kind: 'read', path });
  }
  // It may be a shell for all that can be known.
  if (stdin !== null && isKnown(stdin) && /\s/.test(stdin.text))
    engine.code('shell', joined([stdin]), { stdin: null });
}
