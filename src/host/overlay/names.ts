import { isUtf8 } from 'node:buffer';

/** A path of a plan as text: as UTF-8 if it is, else every byte that is not ASCII as `\xff`. */
export function textOfName(path: string): string {
  const bytes = Buffer.from(path, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return path.replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
