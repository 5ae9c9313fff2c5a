/** Folders that give whoever may write them the whole machine. */
export const MACHINE_FOLDER =
  /^\/(|etc|root|home|boot|dev|usr|var|proc|sys|lib|lib64|bin|sbin|opt|run|var\/(lib|run|lib\/(docker|containerd)))$/;

/** Sockets of container engines, through which one has the machine. */
export const ENGINE_SOCKET = /(docker|podman|containerd|crio|cri-dockerd|buildkitd)[\w.-]*\.sock\b/;

/** Capabilities that reach beyond a container's own walls. */
export const POWERFUL_CAPABILITY =
  /^(CAP_)?(ALL|SYS_(ADMIN|PTRACE|MODULE|RAWIO|BOOT|TIME)|DAC_READ_SEARCH|NET_ADMIN|BPF|PERFMON|MKNOD|CHECKPOINT_RESTORE|SYSLOG)$/i;
