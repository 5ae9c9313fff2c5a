/** What is not seen, or moves what is: controls, formats, what a font may leave out, blanks that are no space. */
const HIDDEN = /(?![\t\n ])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** Marks that are piled up on one letter reach over the lines next to it. */
const PILED = /(?<=\p{M}{3})\p{M}/gu;

const escape = (c: string): string => `\\u{${c.codePointAt(0)?.toString(16) ?? ''}}`;

/**
 * Letters of other scripts that look like Latin ones, as Unicode's list of confusables has them: Cyrillic, Greek,
 * Armenian, Cherokee; and signs that look like a slash, a hyphen, a dot or a colon.
 */
const LETTERS_ALIKE =
  'асеорхуѕіјԁһԛԝьвкмнтгпАВСЕНІЈКМОРЅТХУԌԚԜαβεικνορτυχγωηΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսհցզլաԼՕՍՏᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᏔᏃ';
const SIGNS_ALIKE =
  /[\u2010\u2011\u2212\u2024\u2027\u2043\u2044\u2215\u2216\u2236\u29f8\u29f9\ua789\u0589\u05c3\u01c3\u037e]/gu;
/** Letters that are all Latin, or look so. */
const LOOKS_LATIN = new RegExp(`^[A-Za-z\\d${LETTERS_ALIKE}]+$`, 'u');
const ALIKE = new RegExp(`[${LETTERS_ALIKE}]`, 'gu');
const BEYOND_ASCII = /[^\u0000-\u007f]/u;

/**
 * Makes what a terminal or a reader could be fooled by visible: control, bidirectional and zero-width characters, and
 * what looks like another letter or sign.
 */
export const visible = (text: string): string => {
  const shown = text.replaceAll(HIDDEN, escape);
  return BEYOND_ASCII.test(shown) ? unlike(shown.replaceAll(PILED, escape)) : shown;
};

function unlike(text: string): string {
  return text
    .replaceAll(/[\p{L}\p{N}]+/gu, (word) => (LOOKS_LATIN.test(word) ? word.replaceAll(ALIKE, escape) : word))
    .replaceAll(SIGNS_ALIKE, escape)
    .replaceAll(/[^\u0000-\u007f]/gu, (sign) =>
      /^[!-~]$/.test(sign.normalize('NFKC')) ? escape(sign) : sign,
    );
}

/** The same for a text that must stay on one line: a file name with a line break cannot pose as a line of ours. */
export const visibleLine = (text: string): string => visible(text).replaceAll(/[\n\t]/g, escape);
