/* Fails one call of a process: the FAULT_AT-th that it makes of libc since it looked for MARKER.
 *
 * Loaded by LD_PRELOAD. FAULT_ERROR is the errno of the call that fails; 0: it is cut short, if it
 * reads or writes; -1: the process is killed before it; -2: it never returns. FAULT_REPORT is a file to which a line goes
 * for the call that failed, or, with FAULT_AT=0, for each call: its number, its name and its file,
 * between tabs. Calls of mmap for memory have numbers of their own: -1, -2 and so on. */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MARKER "/begin-to-count-calls"
#define NO_FILE (-1)

static atomic_long calls, mappings;
static atomic_int begun;
static long fails_at;
static int error_number, report = -1;

static void begin(void) {
    const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERROR");
    const char *path = getenv("FAULT_REPORT");
    if (!at || !number || !path)
        return;
    fails_at = atol(at);
    error_number = atoi(number);
    report = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    report = (int)syscall(SYS_fcntl, report, F_DUPFD_CLOEXEC, 900); /* no number that a job uses */
    begun = 1;
}

static void tell(long call, const char *name, const char *path, int file) {
    char of_file[600] = "", line[1400];
    if (!path && file != NO_FILE) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        long length = syscall(SYS_readlinkat, AT_FDCWD, link, of_file, sizeof of_file - 1);
        of_file[length > 0 ? length : 0] = 0;
        path = of_file;
    }
    int length = snprintf(line, sizeof line, "%ld\t%s\t%s\n", call, name, path ? path : "");
    if (length >= (int)sizeof line)
        length = (int)sizeof line - 1;
    syscall(SYS_write, report, line, length);
}

/* Whether the thread that waits for signals reads here: at no certain time beside other calls. */
static int waits(const char *name, int file) {
    char link[64], target[8] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (file < 3 || strcmp(name, "read") || syscall(SYS_readlinkat, AT_FDCWD, link, target, 5) < 0)
        return 0;
    return strncmp(target, "pipe:", 5) == 0;
}

/* Whether this call is the one that fails. */
static int fails(const char *name, const char *path, int file) {
    int before = errno;
    if (!begun || waits(name, file)) {
        errno = before;
        return 0;
    }
    /* How often memory is wanted changes from run to run, so those calls are counted apart. */
    int wants_memory = file == NO_FILE && strncmp(name, "mmap", 4) == 0;
    long call = wants_memory ? -1 - atomic_fetch_add(&mappings, 1) : atomic_fetch_add(&calls, 1) + 1;
    if (fails_at == 0 || call == fails_at)
        tell(call, name, path, file);
    while (call == fails_at && error_number == -2)
        pause();
    if (call == fails_at && error_number < 0)
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    errno = call == fails_at && error_number ? error_number : before;
    return call == fails_at;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* A call of `parameters` that gives `failed` where it fails. */
#define CALL(result, name, parameters, arguments, path, file, failed) \
    result name parameters { \
        REAL(name); \
        if (fails(#name, path, file) && error_number) \
            return failed; \
        return real arguments; \
    }

/* A call that moves `size` bytes, or one of them where it is cut short. */
#define MOVE(name, parameters, arguments, size) \
    ssize_t name parameters { \
        REAL(name); \
        if (fails(#name, NULL, file)) { \
            if (error_number) \
                return -1; \
            size = size > 1; \
        } \
        return real arguments; \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (fails(#name, path, NO_FILE) && error_number) \
            return -1; \
        return real(path, flags, mode); \
    }

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (fails(#name, path, NO_FILE) && error_number) \
            return -1; \
        return real(folder, path, flags, mode); \
    }

#define FCNTL(name) \
    int name(int file, int command, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, command); \
        void *argument = va_arg(more, void *); \
        va_end(more); \
        if (fails(#name, NULL, file) && error_number) \
            return -1; \
        return real(file, command, argument); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FCNTL(fcntl)
FCNTL(fcntl64)

MOVE(read, (int file, void *to, size_t size), (file, to, size), size)
MOVE(write, (int file, const void *from, size_t size), (file, from, size), size)
MOVE(pread, (int file, void *to, size_t size, off_t at), (file, to, size, at), size)
MOVE(pread64, (int file, void *to, size_t size, off64_t at), (file, to, size, at), size)
MOVE(pwrite, (int file, const void *from, size_t size, off_t at), (file, from, size, at), size)
MOVE(pwrite64, (int file, const void *from, size_t size, off64_t at), (file, from, size, at), size)
CALL(ssize_t, readv, (int file, const struct iovec *to, int count), (file, to, count), NULL, file, -1)
CALL(ssize_t, writev, (int file, const struct iovec *from, int count), (file, from, count), NULL, file, -1)
CALL(ssize_t, preadv64, (int file, const struct iovec *to, int count, off64_t at), (file, to, count, at), NULL, file, -1)
CALL(ssize_t, preadv64v2, (int file, const struct iovec *to, int count, off64_t at, int flags), (file, to, count, at, flags), NULL, file, -1)

int close(int file) { /* a failed close has closed the file, on Linux */
    REAL(close);
    int failed = fails("close", NULL, file) && error_number, error = errno, result = real(file);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

#define OF_FILE(name, parameters, arguments) CALL(int, name, parameters, arguments, NULL, file, -1)
#define OF_PATH(name, parameters, arguments) CALL(int, name, parameters, arguments, path, NO_FILE, -1)

OF_FILE(fsync, (int file), (file))
OF_FILE(fdatasync, (int file), (file))
OF_FILE(ftruncate, (int file, off_t size), (file, size))
OF_FILE(ftruncate64, (int file, off64_t size), (file, size))
OF_FILE(fchmod, (int file, mode_t mode), (file, mode))
OF_FILE(fchown, (int file, uid_t user, gid_t group), (file, user, group))
OF_FILE(fstat, (int file, struct stat *status), (file, status))
OF_FILE(fstat64, (int file, struct stat64 *status), (file, status))
OF_FILE(flock, (int file, int how), (file, how))
OF_FILE(dup, (int file), (file))
OF_FILE(dup2, (int file, int other), (file, other))
OF_FILE(dup3, (int file, int other, int flags), (file, other, flags))
CALL(off_t, lseek, (int file, off_t at, int from), (file, at, from), NULL, file, -1)
CALL(off64_t, lseek64, (int file, off64_t at, int from), (file, at, from), NULL, file, -1)

OF_PATH(stat, (const char *path, struct stat *status), (path, status))
OF_PATH(stat64, (const char *path, struct stat64 *status), (path, status))
OF_PATH(lstat, (const char *path, struct stat *status), (path, status))
OF_PATH(lstat64, (const char *path, struct stat64 *status), (path, status))
OF_PATH(fstatat, (int folder, const char *path, struct stat *status, int flags), (folder, path, status, flags))
OF_PATH(fstatat64, (int folder, const char *path, struct stat64 *status, int flags), (folder, path, status, flags))
OF_PATH(unlink, (const char *path), (path))
OF_PATH(unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
OF_PATH(rename, (const char *path, const char *to), (path, to))
OF_PATH(renameat, (int folder, const char *path, int other, const char *to), (folder, path, other, to))
OF_PATH(link, (const char *path, const char *to), (path, to))
OF_PATH(symlink, (const char *path, const char *to), (path, to))
OF_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
OF_PATH(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
OF_PATH(rmdir, (const char *path), (path))
OF_PATH(chmod, (const char *path, mode_t mode), (path, mode))
OF_PATH(faccessat, (int folder, const char *path, int mode, int flags), (folder, path, mode, flags))
CALL(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), path, NO_FILE, -1)
CALL(DIR *, opendir, (const char *path), (path), path, NO_FILE, NULL)
CALL(DIR *, fdopendir, (int file), (file), NULL, file, NULL)
CALL(struct dirent *, readdir, (DIR * folder), (folder), NULL, dirfd(folder), NULL)
CALL(struct dirent64 *, readdir64, (DIR * folder), (folder), NULL, dirfd(folder), NULL)

int access(const char *path, int mode) {
    REAL(access);
    if (strcmp(path, MARKER) == 0) {
        begin();
        return 0;
    }
    return fails("access", path, NO_FILE) && error_number ? -1 : real(path, mode);
}

CALL(char *, getcwd, (char *to, size_t size), (to, size), NULL, NO_FILE, NULL)
CALL(void *, mmap, (void *at, size_t size, int protection, int flags, int file, off_t from), (at, size, protection, flags, file, from), NULL, file, MAP_FAILED)
CALL(void *, mmap64, (void *at, size_t size, int protection, int flags, int file, off64_t from), (at, size, protection, flags, file, from), NULL, file, MAP_FAILED)
CALL(int, select, (int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *wait), (count, in, out, other, wait), NULL, NO_FILE, -1)
CALL(int, pipe2, (int files[2], int flags), (files, flags), NULL, NO_FILE, -1)
CALL(int, pthread_create, (pthread_t * thread, const pthread_attr_t *how, void *(*work)(void *), void *argument), (thread, how, work, argument), NULL, NO_FILE, error_number)
CALL(ssize_t, getrandom, (void *to, size_t size, unsigned flags), (to, size, flags), NULL, NO_FILE, -1)

/* What programs call that were built with a glibc before 2.33. */
int __fxstat(int version, int file, struct stat *status);
int __fxstat64(int version, int file, struct stat64 *status);
int __xstat(int version, const char *path, struct stat *status);
int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat(int version, const char *path, struct stat *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
OF_FILE(__fxstat, (int version, int file, struct stat *status), (version, file, status))
OF_FILE(__fxstat64, (int version, int file, struct stat64 *status), (version, file, status))
OF_PATH(__xstat, (int version, const char *path, struct stat *status), (version, path, status))
OF_PATH(__xstat64, (int version, const char *path, struct stat64 *status), (version, path, status))
OF_PATH(__lxstat, (int version, const char *path, struct stat *status), (version, path, status))
OF_PATH(__lxstat64, (int version, const char *path, struct stat64 *status), (version, path, status))
