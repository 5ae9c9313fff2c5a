/*
 * Loaded before libc into a process under test: from the n-th call on that changes a file system it fails them, or it
 * ends the process there by SIGKILL. Armed by access("/faults/ACTION/N/SCOPE"): ACTION is an errno, 0 for SIGKILL;
 * N counts from 1, 0 disarms; SCOPE is a text that a path must have in it, or "all".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int seen;
static int at, action;
static char scope[256];

static int in_scope(const char *path) {
  return strcmp(scope, "all") == 0 || strncmp(path, "/proc/self/fd/", 14) == 0 || strstr(path, scope) != NULL;
}

/* Whether the call is to fail; does not return where the process ends here. */
static int fails(const char *path) {
  if (at == 0 || !in_scope(path) || atomic_fetch_add(&seen, 1) + 1 < at) return 0;
  if (action == 0) {
    kill(getpid(), SIGKILL);
    pause();
  }
  errno = action;
  return 1;
}

static int fails_fd(int fd) {
  char link[64], path[4096];
  if (at == 0) return 0;
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length < 0 || path[0] != '/') return 0;
  path[length] = 0;
  return fails(path);
}

int access(const char *path, int mode) {
  if (strncmp(path, "/faults/", 8) == 0) {
    int n = 0;
    at = 0;
    atomic_store(&seen, 0);
    sscanf(path, "/faults/%d/%d/%255s", &action, &n, scope);
    at = n;
    return 0;
  }
  return faccessat(AT_FDCWD, path, mode, 0);
}

#define ON_PATH(name, path, parameters, arguments) \
  int name parameters { \
    static int (*real)(); \
    if (real == NULL) real = (int (*)())dlsym(RTLD_NEXT, #name); \
    return fails(path) ? -1 : ((int(*) parameters)real) arguments; \
  }
#define ON_FD(name, type, parameters, arguments) \
  type name parameters { \
    static type (*real)(); \
    if (real == NULL) real = (type (*)())dlsym(RTLD_NEXT, #name); \
    return fails_fd(fd) ? -1 : ((type(*) parameters)real) arguments; \
  }

ON_PATH(rename, to, (const char *from, const char *to), (from, to))
ON_PATH(renameat2, to, (int a, const char *from, int b, const char *to, unsigned f), (a, from, b, to, f))
ON_PATH(link, to, (const char *from, const char *to), (from, to))
ON_PATH(unlink, path, (const char *path), (path))
ON_PATH(symlink, path, (const char *target, const char *path), (target, path))
ON_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))
ON_PATH(rmdir, path, (const char *path), (path))
ON_PATH(chmod, path, (const char *path, mode_t mode), (path, mode))
ON_PATH(lchown, path, (const char *path, uid_t u, gid_t g), (path, u, g))
ON_PATH(utimensat, path, (int d, const char *path, const struct timespec t[2], int f), (d, path, t, f))
ON_PATH(lsetxattr, path, (const char *path, const char *n, const void *v, size_t s, int f), (path, n, v, s, f))
ON_PATH(lremovexattr, path, (const char *path, const char *n), (path, n))
ON_FD(ftruncate, int, (int fd, off_t length), (fd, length))
ON_FD(ftruncate64, int, (int fd, off64_t length), (fd, length))
ON_FD(fsync, int, (int fd), (fd))
ON_FD(fdatasync, int, (int fd), (fd))
ON_FD(syncfs, int, (int fd), (fd))
ON_FD(write, ssize_t, (int fd, const void *b, size_t n), (fd, b, n))
ON_FD(pwrite, ssize_t, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o))
ON_FD(pwrite64, ssize_t, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o))

static int creates(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  return creates(flags) && fails(path) ? -1 : openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  return creates(flags) && fails(path) ? -1 : openat64(AT_FDCWD, path, flags, mode);
}
