#ifndef C_FILE_MAPPING_H
#define C_FILE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

/// Files as memory whose pages may vanish: when a mapped file is cut, or its disk fails, the kernel answers a read of the
/// lost pages with SIGBUS. Inside a watched mapping the signal puts zeros there instead and leaves a mark; everywhere else
/// it does what it did before.

/// A watched mapping; 0 is none.
typedef size_t cfm_watch;

/// At most so many mappings can be watched at once.
enum { CFM_CAPACITY = 8192 };

/// Watches `length` bytes from `start`, which must begin on a page; 0 when there is no room or no handler can be set.
/// Safe to call from any thread.
cfm_watch cfm_watch_begin(const void *start, size_t length);

/// Whether pages of the mapping had to be replaced by zeros.
bool cfm_watch_is_broken(cfm_watch watch);

/// Ends the watch. To be called before the memory is unmapped.
void cfm_watch_end(cfm_watch watch);

#endif
