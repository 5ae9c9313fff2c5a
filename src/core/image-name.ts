const HOST = String.raw`[a-zA-Z\d](?:[\w.-]*[a-zA-Z\d])?(?::\d+)?`;
const PART = String.raw`[a-z\d]+(?:(?:[._]|__|-+)[a-z\d]+)*`;
const TAG = String.raw`\w[\w.-]{0,127}`;
const NAME = new RegExp(`^(?:${HOST}/)?${PART}(?:/${PART})*(?::${TAG})?$`);
const DIGEST = /^sha256:[\da-f]{64}$/;
/** As engines limit the part before the tag, with room for that. */
const LONGEST = 400;

/** `[REGISTRY/]NAME[:TAG]`, https://docs.docker.com/reference/cli/docker/image/tag/#description: only a tag has capitals. */
export const isImageName = (text: string): boolean => text.length <= LONGEST && NAME.test(text);

/** The same, or one with its digest as well; an id has that form, too. */
export function isImageReference(text: string): boolean {
  const at = text.indexOf('@');
  return at < 0 ? isImageName(text) : isImageName(text.slice(0, at)) && DIGEST.test(text.slice(at + 1));
}
