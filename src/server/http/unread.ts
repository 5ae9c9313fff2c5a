import type { Socket } from 'node:net';

/** Cuts off clients that do not read what they asked for, so that it does not pile up in memory. */
export function unreadWatch(ms: number): { watch(socket: Socket): void; sweep(): void } {
  const sockets = new Map<Socket, { written: number; since: number }>();
  return {
    watch(socket) {
      sockets.set(socket, { written: 0, since: performance.now() });
      socket.once('close', () => sockets.delete(socket));
    },
    sweep() {
      const now = performance.now();
      for (const [socket, seen] of sockets) {
        // What the system has taken of it counts as written; what waits for that does not.
        const written = socket.bytesWritten - socket.writableLength;
        if (socket.writableLength === 0 || written !== seen.written)
          sockets.set(socket, { written, since: now });
        else if (now - seen.since > ms) socket.destroy();
      }
    },
  };
}
