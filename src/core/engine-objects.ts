import * as z from 'zod';

/** What the engine tells of an image, as far as it is relied on. */
export interface ImageFound {
  /** Digest of its configuration: the image itself, whatever it is called. */
  readonly id: string;
  /** `REPOSITORY:TAG`, sorted. */
  readonly names: readonly string[];
  /** `REPOSITORY@DIGEST`, by which registries know it. */
  readonly digests: readonly string[];
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created: number;
}

/** What an image is built from; nothing but the archive and images that are here goes into it, and what it fetches. */
export interface BuildRequest {
  /** A tar archive. */
  readonly archive: AsyncIterable<Buffer>;
  /** Path in the archive. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string | null;
  /** `none`, or null for what the engine gives containers. */
  readonly network: string | null;
  /** Most that a step may take. */
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  /** Called with each step, for people. */
  readonly progress: (line: string) => void;
}

/** What a registry says of a name: `unknown` where it cannot be reached or does not say, with why. */
export interface Published {
  readonly is: 'there' | 'missing' | 'unknown';
  readonly why: string;
}

export interface Images {
  list(): Promise<ImageFound[]>;
  /** By name, digest or id; null where there is none. */
  find(image: string): Promise<ImageFound | null>;
  /** Asks a name's registry for it by way of the engine, without a login, for so many milliseconds; fetches nothing. */
  published(name: string, ms: number): Promise<Published>;
  /** Fetches a name from its registry; what it tells of its progress are lines for people. */
  pull(name: string, signal: AbortSignal, progress: (line: string) => void): Promise<void>;
  tag(image: string, name: string): Promise<void>;
  /** Makes an image without a name; answers its id. Throws `engine_error` with the last lines where a step fails. */
  build(request: BuildRequest): Promise<string>;
  /** Takes a name away, and an image with its last one; throws `engine_conflict` where a container needs it. */
  remove(name: string): Promise<void>;
  /** Takes a name away and never the image: it may be left with none. */
  unname(name: string): Promise<void>;
  /** Removes an image that has no name. */
  removeUnnamed(id: string): Promise<void>;
}

const settings = z.record(z.string(), z.string());

/** What makes a network: what the engine is asked for to make another one like it, in the engine's own words. */
export const networkSpecSchema = z.object({
  Name: z.string(),
  Driver: z.string(),
  Internal: z.boolean(),
  Attachable: z.boolean(),
  EnableIPv6: z.boolean(),
  IPAM: z.looseObject({}),
  Options: settings,
  Labels: settings,
});
export type NetworkSpec = z.infer<typeof networkSpecSchema>;

export interface NetworkFound {
  readonly id: string;
  readonly spec: NetworkSpec;
  /** `local`, or `swarm` where it is no single engine's. */
  readonly scope: string;
}

export interface Networks {
  list(): Promise<NetworkFound[]>;
  find(network: string): Promise<NetworkFound | null>;
  create(spec: NetworkSpec): Promise<string>;
  remove(id: string): Promise<void>;
  disconnect(container: string, network: string): Promise<void>;
}

/** What makes a volume, in the engine's own words. */
export const volumeSpecSchema = z.object({
  Name: z.string(),
  Driver: z.string(),
  Options: settings,
  Labels: settings,
});
export type VolumeSpec = z.infer<typeof volumeSpecSchema>;

export interface VolumeFound {
  readonly spec: VolumeSpec;
  /** As the engine says it: of some it is when the content was last changed. */
  readonly created: string;
  /** Tells it from another of the same name, where its folder can be looked at; else empty. */
  readonly identity: string;
  /** Whether its driver or its options put the content where a removal does not reach it. */
  readonly elsewhere: boolean;
}

/** How much a volume holds. */
export const volumeExtentSchema = z.object({
  /** Files, folders and links below it; null where only its size can be told. */
  entries: z.number().nullable(),
  /** Less than zero where it is not known. */
  bytes: z.number(),
  /** Of all names, types, sizes and times: another where anything was changed; null where it cannot be told. */
  digest: z.string().nullable(),
  /** False where there is more than was asked for, or it cannot be reached: then nothing of it can be kept. */
  whole: z.boolean(),
  /** Whether it is the engine that packs it: times to the second, holes filled, few extended attributes. */
  by_engine: z.boolean().optional(),
});
export type VolumeExtent = z.infer<typeof volumeExtentSchema>;

export interface Volumes {
  list(): Promise<VolumeFound[]>;
  find(name: string): Promise<VolumeFound | null>;
  create(spec: VolumeSpec): Promise<void>;
  remove(name: string): Promise<void>;
  extent(name: string, most: { entries: number; bytes: number }): Promise<VolumeExtent>;
  /** All that it holds as a tar archive, as it is read; where it cannot be reached this throws. */
  read(name: string, signal: AbortSignal): AsyncIterable<Buffer>;
  /** Unpacks such an archive into an empty volume. */
  write(name: string, archive: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
}

/** One part of the build cache. */
export interface CacheFound {
  readonly id: string;
  readonly bytes: number;
  readonly description: string;
}

/** A container that uses something. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** What an engine has beside containers. */
export interface EngineObjects {
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: Volumes;
  /** Containers, whether they run or not, that use one of these. */
  users(of: { volume: string } | { network: string } | { image: string }): Promise<User[]>;
  /** Parts of the build cache that nothing uses. */
  unusedCache(): Promise<CacheFound[]>;
  removeCache(ids: readonly string[]): Promise<void>;
}
