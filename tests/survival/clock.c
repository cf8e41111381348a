/*
 * Stands between a program and the system's calendar: what the time of day is, is so many seconds from what it is,
 * as the 64-bit number in the file named in SAVIN_CLOCK says at that moment. Clocks that only count are left alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead(void)
{
    static _Atomic(const volatile int64_t *) shared;
    const volatile int64_t *seconds = shared;

    if (seconds == NULL) {
        /* As yet nothing may be allocated: the program's own allocator asks for the time as it begins. */
        const char *file = getenv("SAVIN_CLOCK");
        int descriptor = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
        void *there = MAP_FAILED;

        if (descriptor >= 0) {
            there = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, descriptor, 0);
            close(descriptor);
        }
        if (there == MAP_FAILED)
            return 0;
        seconds = there;
        shared = seconds;
    }
    return *seconds;
}

int clock_gettime(clockid_t which, struct timespec *at)
{
    int failed = (int)syscall(SYS_clock_gettime, which, at);

    if (failed == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    int failed = (int)syscall(SYS_gettimeofday, at, zone);

    if (failed == 0)
        at->tv_sec += ahead();
    return failed;
}

time_t time(time_t *to)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    if (to != NULL)
        *to = at.tv_sec;
    return at.tv_sec;
}
