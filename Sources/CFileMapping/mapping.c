#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CFileMapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// One watched mapping. `start` is written last when a watch begins and first when it ends, so that the handler never
/// sees half of one.
typedef struct slot {
    atomic_uintptr_t start;  ///< 0 while the slot is free
    atomic_size_t length;
    atomic_bool broken;
} slot;

static slot slots[CFM_CAPACITY];
/// Slots beyond have never been used.
static atomic_size_t used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool installed;
static struct sigaction former;
static uintptr_t page;

/// Maps zeros over the mapping from the lost page on: what follows a cut is lost as well. Only calls that are system calls
/// and nothing else, and lock-free atomics.
static bool mend(uintptr_t address) {
    const size_t count = atomic_load_explicit(&used, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        const uintptr_t start = atomic_load_explicit(&slots[i].start, memory_order_acquire);
        const size_t length = atomic_load_explicit(&slots[i].length, memory_order_relaxed);
        if (!start || address < start || address - start >= length) continue;
        const uintptr_t from = address & ~(page - 1);
        void *zeros = mmap((void *)from, start + length - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (zeros == MAP_FAILED) return false;
        atomic_store_explicit(&slots[i].broken, true, memory_order_release);
        return true;
    }
    return false;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    const int error = errno;
    const bool mended = info && mend((uintptr_t)info->si_addr);
    errno = error;
    if (mended) return;
    if (former.sa_flags & SA_SIGINFO) {
        if (former.sa_sigaction) former.sa_sigaction(number, info, context);
    } else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
        former.sa_handler(number);
    } else {
        // The instruction runs again and ends the process as it would have without us.
        sigaction(SIGBUS, &former, NULL);
    }
}

static bool install(void) {
    if (installed) return true;
    const long size = sysconf(_SC_PAGESIZE);
    if (size <= 0) return false;
    page = (uintptr_t)size;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGBUS, &action, &former) == 0;
    return installed;
}

cfm_watch cfm_watch_begin(const void *start, size_t length) {
    if (!start || !length) return 0;
    cfm_watch watch = 0;
    pthread_mutex_lock(&lock);
    if (install()) {
        size_t i = 0;
        while (i < CFM_CAPACITY && atomic_load_explicit(&slots[i].start, memory_order_relaxed)) i++;
        if (i < CFM_CAPACITY) {
            atomic_store_explicit(&slots[i].broken, false, memory_order_relaxed);
            atomic_store_explicit(&slots[i].length, length, memory_order_relaxed);
            atomic_store_explicit(&slots[i].start, (uintptr_t)start, memory_order_release);
            if (i >= atomic_load_explicit(&used, memory_order_relaxed)) {
                atomic_store_explicit(&used, i + 1, memory_order_release);
            }
            watch = i + 1;
        }
    }
    pthread_mutex_unlock(&lock);
    return watch;
}

bool cfm_watch_is_broken(cfm_watch watch) {
    return watch && watch <= CFM_CAPACITY && atomic_load_explicit(&slots[watch - 1].broken, memory_order_acquire);
}

void cfm_watch_end(cfm_watch watch) {
    if (!watch || watch > CFM_CAPACITY) return;
    pthread_mutex_lock(&lock);
    atomic_store_explicit(&slots[watch - 1].start, 0, memory_order_release);
    pthread_mutex_unlock(&lock);
}
