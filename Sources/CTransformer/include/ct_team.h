#ifndef CT_TEAM_H
#define CT_TEAM_H

#include <stddef.h>

/// One item of a stage. `worker` tells apart the items that run at the same time.
typedef void (*ct_task)(void *argument, size_t item, size_t worker);

/// Threads that share the work of one pass. A pass cuts its work into items by the sizes of the model alone and never by
/// the number of workers, so that every sum has the same bits on any team.
typedef struct ct_team {
    size_t workers;  ///< at least 1; the workers' numbers are below it
    void *context;   ///< handed to `run`
    /// Calls task(argument, item, worker) once for each item below count and returns when all are done.
    void (*run)(void *context, size_t count, ct_task task, void *argument);
} ct_team;

/// Runs the items on a team, or in their order on the calling thread where it is NULL.
void ct_team_run(const ct_team *team, size_t count, ct_task task, void *argument);

#endif
