import * as z from 'zod';
import {
  attachment,
  bool,
  build,
  config,
  deploy,
  files,
  granted,
  healthcheck,
  mount,
  named,
  network,
  number,
  oneOrMore,
  port,
  secret,
  text,
  texts,
  volume,
} from './parts.ts';

const hook = z.strictObject({
  command: oneOrMore,
  user: text.optional(),
  privileged: bool.optional(),
  working_dir: text.optional(),
  environment: named.optional(),
});
const dependency = z.strictObject({
  condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']).optional(),
  restart: bool.optional(),
  required: bool.optional(),
});
const limit = z.union([number, z.strictObject({ soft: number, hard: number })]);
const free = z.record(z.string(), z.unknown());

/** Keys of a service whose value is one text, number or truth value. */
const PLAIN = [
  'attach', 'cgroup', 'cgroup_parent', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_period', 'cpu_quota',
  'cpu_rt_period', 'cpu_rt_runtime', 'cpu_shares', 'cpus', 'cpuset', 'domainname', 'hostname', 'image', 'init', 'ipc',
  'isolation', 'mac_address', 'mem_limit', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'network_mode',
  'oom_kill_disable', 'oom_score_adj', 'pid', 'pids_limit', 'platform', 'privileged', 'pull_policy',
  'pull_refresh_after', 'read_only', 'restart', 'runtime', 'scale', 'shm_size', 'stdin_open', 'stop_grace_period',
  'stop_signal', 'tty', 'use_api_socket', 'user', 'userns_mode', 'uts', 'working_dir',
] as const; // prettier-ignore
/** Keys of a service whose value is a list of texts. */
const LISTS = [
  'cap_add', 'cap_drop', 'device_cgroup_rules', 'expose', 'external_links', 'group_add', 'links', 'profiles',
  'security_opt', 'volumes_from',
] as const; // prettier-ignore

const each = <K extends string, S extends z.ZodType>(keys: readonly K[], schema: S): Record<K, S> =>
  Object.fromEntries(keys.map((key) => [key, schema])) as Record<K, S>;

const service = z.strictObject({
  ...each(PLAIN, text.nullable().optional()),
  ...each(LISTS, texts.optional()),
  annotations: named.optional(),
  blkio_config: free.optional(),
  build: build.optional(),
  command: oneOrMore.nullable().optional(),
  configs: z.array(granted).optional(),
  credential_spec: free.optional(),
  depends_on: z.union([texts, z.record(z.string(), dependency)]).optional(),
  deploy: deploy.optional(),
  develop: free.nullable().optional(),
  devices: z.array(z.union([text, free])).optional(),
  dns: oneOrMore.optional(),
  dns_opt: texts.optional(),
  dns_search: oneOrMore.optional(),
  entrypoint: oneOrMore.nullable().optional(),
  env_file: files.optional(),
  environment: named.optional(),
  extends: z.union([text, z.strictObject({ service: text, file: text.optional() })]).optional(),
  extra_hosts: z.union([z.record(z.string(), oneOrMore), texts]).optional(),
  gpus: z.union([text, z.array(free)]).optional(),
  healthcheck: healthcheck.optional(),
  label_file: oneOrMore.optional(),
  labels: named.optional(),
  logging: z
    .strictObject({ driver: text.optional(), options: z.record(z.string(), text.nullable()).optional() })
    .optional(),
  models: z.union([texts, free]).optional(),
  networks: z
    .union([texts, z.record(z.string(), attachment)])
    .nullable()
    .optional(),
  ports: z.array(port).nullable().optional(),
  post_start: z.array(hook).optional(),
  pre_stop: z.array(hook).optional(),
  provider: z.strictObject({ type: text, options: free.optional() }).optional(),
  secrets: z.array(granted).optional(),
  storage_opt: free.optional(),
  sysctls: named.optional(),
  tmpfs: oneOrMore.optional(),
  ulimits: z.record(z.string(), limit).optional(),
  volumes: z.array(mount).nullable().optional(),
});

const include = z.union([
  text,
  z.strictObject({ path: oneOrMore, project_directory: text.optional(), env_file: oneOrMore.optional() }),
]);

/** A Compose file as the Compose specification has it; keys that begin with `x-` are taken out before. */
export const composeSchema = z.strictObject({
  version: text.optional(),
  name: text.optional(),
  include: z.array(include).optional(),
  services: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), service).optional(),
  networks: z.record(z.string(), network).nullable().optional(),
  volumes: z.record(z.string(), volume).nullable().optional(),
  secrets: z.record(z.string(), secret).nullable().optional(),
  configs: z.record(z.string(), config).nullable().optional(),
  models: z.record(z.string(), free).nullable().optional(),
});
