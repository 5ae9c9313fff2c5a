import * as z from 'zod';

/** Any value may be a text, since a variable may stand for it. */
export const text = z.union([z.string(), z.number(), z.boolean()]);
export const number = z.union([z.number(), z.string()]);
export const bool = z.union([z.boolean(), z.string()]);
export const texts = z.array(text);
export const oneOrMore = z.union([text, texts]);
/** A mapping or a list of `NAME=VALUE`. */
export const named = z.union([z.record(z.string(), text.nullable()), texts]).nullable();
const options = z.record(z.string(), text.nullable());
const file = z.union([
  text,
  z.strictObject({ path: text, required: bool.optional(), format: text.optional() }),
]);
export const files = z.union([text, z.array(file)]);

export const healthcheck = z.strictObject({
  disable: bool.optional(),
  test: oneOrMore.optional(),
  interval: text.optional(),
  timeout: text.optional(),
  retries: number.optional(),
  start_period: text.optional(),
  start_interval: text.optional(),
});

const device = z.strictObject({
  capabilities: texts,
  driver: text.optional(),
  count: text.optional(),
  device_ids: texts.optional(),
  options: named.optional(),
});

const limits = { cpus: number.optional(), memory: text.optional() };
const rollout = z.strictObject({
  parallelism: number.optional(),
  delay: text.optional(),
  failure_action: text.optional(),
  monitor: text.optional(),
  max_failure_ratio: number.optional(),
  order: text.optional(),
});

export const deploy = z
  .strictObject({
    mode: text.optional(),
    endpoint_mode: text.optional(),
    replicas: number.optional(),
    labels: named.optional(),
    rollback_config: rollout.optional(),
    update_config: rollout.optional(),
    resources: z
      .strictObject({
        limits: z.strictObject({ ...limits, pids: number.optional() }).optional(),
        reservations: z
          .strictObject({
            ...limits,
            generic_resources: z.array(z.unknown()).optional(),
            devices: z.array(device).optional(),
          })
          .optional(),
      })
      .optional(),
    restart_policy: z
      .strictObject({
        condition: text.optional(),
        delay: text.optional(),
        max_attempts: number.optional(),
        window: text.optional(),
      })
      .optional(),
    placement: z
      .strictObject({
        constraints: texts.optional(),
        preferences: z.array(z.unknown()).optional(),
        max_replicas_per_node: number.optional(),
      })
      .optional(),
  })
  .nullable();

export const build = z.union([
  text,
  z.strictObject({
    context: text.optional(),
    dockerfile: text.optional(),
    dockerfile_inline: text.optional(),
    entitlements: texts.optional(),
    args: named.optional(),
    ssh: named.optional(),
    labels: named.optional(),
    cache_from: texts.optional(),
    cache_to: texts.optional(),
    no_cache: bool.optional(),
    no_cache_filter: oneOrMore.optional(),
    additional_contexts: named.optional(),
    network: text.optional(),
    provenance: text.optional(),
    sbom: text.optional(),
    pull: bool.optional(),
    target: text.optional(),
    shm_size: text.optional(),
    extra_hosts: named.optional(),
    isolation: text.optional(),
    privileged: bool.optional(),
    secrets: z.array(z.unknown()).optional(),
    tags: texts.optional(),
    ulimits: z.record(z.string(), z.unknown()).optional(),
    platforms: texts.optional(),
  }),
]);

export const port = z.union([
  text,
  z.strictObject({
    name: text.optional(),
    mode: text.optional(),
    host_ip: text.optional(),
    target: number,
    published: text.optional(),
    protocol: text.optional(),
    app_protocol: text.optional(),
  }),
]);

export const mount = z.union([
  z.string(),
  z.strictObject({
    type: text,
    source: text.optional(),
    target: text.optional(),
    read_only: bool.optional(),
    consistency: text.optional(),
    bind: z
      .strictObject({
        propagation: text.optional(),
        create_host_path: bool.optional(),
        recursive: text.optional(),
        selinux: text.optional(),
      })
      .optional(),
    volume: z
      .strictObject({ labels: named.optional(), nocopy: bool.optional(), subpath: text.optional() })
      .optional(),
    tmpfs: z.strictObject({ size: text.optional(), mode: number.optional() }).optional(),
    image: z.strictObject({ subpath: text.optional() }).optional(),
  }),
]);

/** A secret or a config as a service asks for it. */
export const granted = z.union([
  text,
  z.strictObject({
    source: text,
    target: text.optional(),
    uid: text.optional(),
    gid: text.optional(),
    mode: number.optional(),
  }),
]);

export const attachment = z
  .strictObject({
    aliases: texts.optional(),
    interface_name: text.optional(),
    ipv4_address: text.optional(),
    ipv6_address: text.optional(),
    link_local_ips: texts.optional(),
    mac_address: text.optional(),
    driver_opts: options.optional(),
    priority: number.optional(),
    gw_priority: number.optional(),
  })
  .nullable();

const external = z.union([bool, z.strictObject({ name: text })]);
const shared = { name: text.optional(), external: external.optional(), labels: named.optional() };
const driven = { ...shared, driver: text.optional(), driver_opts: options.optional() };
export const volume = z.strictObject(driven).nullable();
export const network = z
  .strictObject({
    ...driven,
    attachable: bool.optional(),
    enable_ipv4: bool.optional(),
    enable_ipv6: bool.optional(),
    internal: bool.optional(),
    ipam: z
      .strictObject({
        driver: text.optional(),
        config: z.array(z.record(z.string(), z.unknown())).optional(),
        options: options.optional(),
      })
      .optional(),
  })
  .nullable();
export const secret = z.strictObject({
  ...driven,
  file: text.optional(),
  environment: text.optional(),
  template_driver: text.optional(),
});
export const config = z.strictObject({
  ...shared,
  file: text.optional(),
  environment: text.optional(),
  content: text.optional(),
  template_driver: text.optional(),
});
