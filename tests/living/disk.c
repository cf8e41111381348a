/*
 * Stands between a program and the system's disk: while a file named in SAVIN_DISK_FAILS is there, every
 * sync fails as a broken disk's does; while one named in SAVIN_DISK_HANGS is there, it does not return.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_there(const char *variable)
{
    const char *file = getenv(variable);
    return file != NULL && access(file, F_OK) == 0;
}

static int sync_through(const char *name, int descriptor)
{
    int (*real)(int);

    while (is_there("SAVIN_DISK_HANGS"))
        usleep(50000);
    if (is_there("SAVIN_DISK_FAILS")) {
        errno = EIO;
        return -1;
    }
    real = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(descriptor);
}

int fsync(int descriptor)
{
    return sync_through("fsync", descriptor);
}

int fdatasync(int descriptor)
{
    return sync_through("fdatasync", descriptor);
}
