const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]/gu;

const escape = (c: string): string => `\\u{${c.codePointAt(0)?.toString(16) ?? ''}}`;

/** Makes what a terminal or a reader could be fooled by visible: control, bidirectional and zero-width characters. */
export const visible = (text: string): string => text.replaceAll(HIDDEN, escape);

/** The same for a text that must stay on one line: a file name with a line break cannot pose as a line of ours. */
export const visibleLine = (text: string): string => visible(text).replaceAll(/[\n\t]/g, escape);
