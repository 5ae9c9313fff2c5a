import * as z from 'zod';
import type { Running, Values } from './metrics.ts';
import type { EngineObjects } from './engine-objects.ts';

/** What a container does, in the engine's own words. */
export const containerStateSchema = z.enum([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
]);
export type ContainerState = z.infer<typeof containerStateSchema>;

/** One container of a list. */
export const containerRowSchema = z.object({
  id: z.string().describe('12 letters'),
  name: z.string(),
  image: z.string(),
  state: containerStateSchema,
  status: z.string().describe('For people, as docker ps says it'),
  ports: z.array(z.string()),
  /** Of Compose; null for others. */
  project: z.string().nullable(),
  service: z.string().nullable(),
});
export type ContainerRow = z.infer<typeof containerRowSchema>;

/** The same as the engine lists it, with what is said of it to others. */
export interface ListedContainer extends ContainerRow {
  readonly labels: Readonly<Record<string, string>>;
  /** `bridge`, `host`, `container:ID`, … */
  readonly network_mode: string;
}

/** What the engine tells of a container, as far as it is relied on; all else is passed on as it is. */
export const inspectedSchema = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Image: z.string(),
  RestartCount: z.number().optional(),
  State: z.looseObject({
    Status: containerStateSchema,
    ExitCode: z.number(),
    OOMKilled: z.boolean().optional(),
    Error: z.string().optional(),
    StartedAt: z.string(),
    Health: z
      .looseObject({
        Status: z.string(),
        Log: z.array(z.looseObject({ ExitCode: z.number(), Output: z.string() })).nullish(),
      })
      .nullish(),
  }),
  Config: z.looseObject({
    Image: z.string(),
    Hostname: z.string().optional(),
    Env: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Tty: z.boolean().optional(),
  }),
  HostConfig: z.looseObject({ AutoRemove: z.boolean().optional(), NetworkMode: z.string().optional() }),
  Mounts: z.array(
    z.looseObject({
      Type: z.string(),
      Name: z.string().optional(),
      Source: z.string().optional(),
      Destination: z.string(),
      RW: z.boolean().optional(),
    }),
  ),
  NetworkSettings: z.looseObject({ Networks: z.record(z.string(), z.looseObject({})) }),
});
export type Inspected = z.infer<typeof inspectedSchema>;

export interface LogOptions {
  readonly tail: number;
  /** Seconds since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly timestamps: boolean;
  /** Longest text of which the newest part is kept, in bytes. */
  readonly maxBytes: number;
  /** How long further lines are waited for; 0 for what there is. */
  readonly followMs: number;
  readonly signal: AbortSignal;
}

/** What the container's lines say; `omitted` counts bytes that were left out before them. */
export interface Logs {
  readonly text: string;
  readonly omitted: number;
}

export const statsSchema = z.object({
  cpu_percent: z.number().nullable().describe('100 is one core'),
  memory_bytes: z.number().nullable(),
  memory_limit_bytes: z.number().nullable(),
  pids: z.number().nullable(),
  network_received_bytes: z.number(),
  network_sent_bytes: z.number(),
  block_read_bytes: z.number(),
  block_written_bytes: z.number(),
});
export type Stats = z.infer<typeof statsSchema>;

export interface ExecRequest {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  readonly cwd?: string | undefined;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  /** Null where it did not end by itself. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly omittedBytes: number;
}

/** What an image gives its containers, where they do not say otherwise. */
export interface ImageConfig {
  readonly id: string;
  /** The image that a kept layer of homeostat's was made of; null of all others. */
  readonly below: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** All of it in the engine's own words, as a container's. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A port at which a program waits. */
export interface Listening {
  readonly protocol: 'tcp' | 'udp';
  /** Empty for every address. */
  readonly address: string;
  readonly port: number;
}

/** Whether it mounts this machine's own folders: one elsewhere has others of the same names. */
export const isHere = ({ address }: Pick<Engine, 'address'>): boolean => address.startsWith('unix://');

/** A container engine. Every call throws `engine_unreachable`, `not_found` or `engine_error`. */
export interface Engine extends EngineObjects {
  /** Where it is asked, for messages; holds no credentials. */
  readonly address: string;
  /** Runs `work` with variables that lead Docker's own programs to it, which hold no longer than that. */
  forClient<T>(work: (variables: Readonly<Record<string, string>>) => Promise<T>): Promise<T>;
  /** Ports of its machine that are taken, by whatever; null where that cannot be told from here. */
  listening(): readonly Listening[] | null;
  list(all: boolean, signal?: AbortSignal): Promise<ListedContainer[]>;
  /** Those that run, with what their own probes say. */
  running(signal?: AbortSignal): Promise<Running[]>;
  /** By name, id or the beginning of one. */
  inspect(container: string, signal?: AbortSignal): Promise<Inspected>;
  logs(id: string, options: LogOptions): Promise<Logs>;
  stats(id: string): Promise<Stats>;
  /** What it counts as it stands, by the names of `CONTAINER_METRICS`. */
  counted(id: string, signal?: AbortSignal): Promise<Values>;
  /** Tells the id of a container each time that memory runs out in it; ends with the signal or the connection. */
  oomKills(tell: (id: string) => void, signal: AbortSignal): Promise<void>;
  start(id: string): Promise<void>;
  /** Asks it to end and ends it after so many seconds; the container's own time unless told. */
  stop(id: string, seconds?: number): Promise<void>;
  restart(id: string, seconds?: number): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Runs a program in a running container until it ends, or kills it. */
  exec(id: string, request: ExecRequest): Promise<ExecResult>;
  /** Changes limits and the restart policy of one that stands; what is zero is left as it is. */
  update(id: string, body: object): Promise<void>;
  /** Makes a container; answers its id. */
  create(name: string, body: Readonly<Record<string, unknown>>): Promise<string>;
  connect(id: string, network: string, endpoint: object): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  /** Ends and removes it; its volumes stay, but for those that were made with it and that nobody named, where so told. */
  remove(id: string, also?: { readonly ownVolumes: boolean }): Promise<void>;
  /** How many paths it has written beside its volumes. */
  written(id: string): Promise<number>;
  /** How many bytes that is. */
  writtenBytes(id: string): Promise<number>;
  /** Makes an image of the container with all that it has written; answers the image's id. */
  commit(id: string, tag: string): Promise<string>;
  /** The id of an image by its name; null where there is none. */
  imageId(image: string): Promise<string | null>;
  /** Null where there is no such image. */
  imageConfig(image: string): Promise<ImageConfig | null>;
  /** Names an image, so that nothing removes it as unused. */
  tag(image: string, tag: string): Promise<void>;
}
