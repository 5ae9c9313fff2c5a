import canonicalizeModule from 'canonicalize';

// The package is CommonJS with a default export that TypeScript types as the module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string;

/** RFC 8785 canonical JSON. */
export const canonical = (value: unknown): string => canonicalize(value);
