import type { Tool } from '../core/tool.ts';
import { assessAction } from './action/assess.ts';
import { commitStage } from './action/commit.ts';
import { listApprovals } from './approval/list.ts';
import { waitForApproval } from './approval/wait.ts';
import { queryAudit } from './audit/query.ts';
import { runCommand } from './command/run.ts';
import { execInContainer } from './docker/exec.ts';
import { deployStack } from './compose/deploy.ts';
import { stackDrift } from './compose/drift.ts';
import { editCompose } from './compose/edit.ts';
import { readCompose } from './compose/read.ts';
import { validateCompose } from './compose/validate.ts';
import { inspectContainer } from './docker/inspect.ts';
import { listContainers } from './docker/list.ts';
import { containerLogs } from './docker/logs.ts';
import { recreateContainer } from './docker/recreate.ts';
import { removeContainer } from './docker/remove.ts';
import { listImages } from './docker/images/list.ts';
import { pullImage } from './docker/images/pull.ts';
import { removeImage } from './docker/images/remove.ts';
import { tagImage } from './docker/images/tag.ts';
import { connectNetwork, disconnectNetwork } from './docker/networks/connect.ts';
import { createNetwork } from './docker/networks/create.ts';
import { listNetworks } from './docker/networks/list.ts';
import { removeNetwork } from './docker/networks/remove.ts';
import { prune } from './docker/prune.ts';
import { STATE_TOOLS } from './docker/state.ts';
import { updateContainer } from './docker/update.ts';
import { createVolume } from './docker/volumes/create.ts';
import { listVolumes } from './docker/volumes/list.ts';
import { removeVolume } from './docker/volumes/remove.ts';
import { containerStats } from './docker/stats.ts';
import { deleteFile } from './file/delete.ts';
import { editFile } from './file/edit.ts';
import { listFiles } from './file/list.ts';
import { readFile } from './file/read.ts';
import { writeFile } from './file/write.ts';
import { getHealth } from './metrics/get-health.ts';
import { getMetrics } from './metrics/get-metrics.ts';
import { processOutput } from './process/output.ts';
import { startProcess } from './process/start.ts';
import { stopProcess } from './process/stop.ts';
import { diffSnapshot } from './snapshot/diff.ts';
import { listSnapshots } from './snapshot/list.ts';
import { forcedRollback, rollback } from './snapshot/rollback.ts';
import { assignTasks } from './task/assign.ts';
import { awaitTasks } from './task/await.ts';
import { sendMessage } from './task/send-message.ts';
import { getStatus } from './system/status.ts';
import { emergencyStop } from './system/stop.ts';

/** Every tool there is: the one list from which all faces are made. */
export const TOOLS: readonly Tool[] = [
  runCommand,
  commitStage,
  writeFile,
  editFile,
  deleteFile,
  readFile,
  listFiles,
  assessAction,
  listSnapshots,
  diffSnapshot,
  rollback,
  queryAudit,
  listApprovals,
  waitForApproval,
  getStatus,
  emergencyStop,
  startProcess,
  stopProcess,
  processOutput,
  listContainers,
  inspectContainer,
  containerLogs,
  containerStats,
  ...STATE_TOOLS,
  recreateContainer,
  removeContainer,
  execInContainer,
  listImages,
  pullImage,
  tagImage,
  removeImage,
  listNetworks,
  createNetwork,
  connectNetwork,
  disconnectNetwork,
  removeNetwork,
  listVolumes,
  createVolume,
  removeVolume,
  updateContainer,
  prune,
  readCompose,
  validateCompose,
  editCompose,
  getMetrics,
  getHealth,
  stackDrift,
  deployStack,
  assignTasks,
  awaitTasks,
  sendMessage,
];

/** What a person alone can do, by way of the pipeline; no face offers it. */
export const UNOFFERED: readonly Tool[] = [forcedRollback];
