/** What YAML 1.1 or 1.2 reads as something else than a text: `yes`, `on`, `0644`, `22:22`, `1e3`, `2024-01-01`, `~`. */
const MISREAD = [
  /^(~|null|true|false|yes|no|on|off|y|n|=|<<)$/i,
  /^[-+]?\.?[0-9][0-9a-fxob_.:e+-]*$/i,
  // Some readers take a number for one without its digits, such as `e3` or `.`.
  /^[-+]?[0-9_]*\.?[0-9_]*(e[-+]?[0-9]+)?$/i,
  /^[-+]?\.(inf|nan)$/i,
  /^\d{4}-\d\d?-\d\d?([Tt\s].*)?$/,
];

/** Whether it is a text that a reader of YAML 1.1 takes for another value when it stands without quotes. */
export const isMisread = (text: string): boolean => MISREAD.some((pattern) => pattern.test(text));
