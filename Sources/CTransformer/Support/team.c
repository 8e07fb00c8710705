#include "ct_team.h"

void ct_team_run(const ct_team *team, size_t count, ct_task task, void *argument) {
    if (team && team->workers > 1 && count > 1) {
        team->run(team->context, count, task, argument);
        return;
    }
    for (size_t item = 0; item < count; item++) task(argument, item, 0);
}
