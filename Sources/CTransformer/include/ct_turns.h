#ifndef CT_TURNS_H
#define CT_TURNS_H

#include <stddef.h>

#include "ct_description.h"

/// Lets rows that run on several threads add to one gradient buffer in the order of the rows, tensor by tensor, so that
/// the sums have the same bits whatever the number of threads. Rows must be begun in their order.
typedef struct ct_turns ct_turns;

/// Two rows at a time may each have a head buffer of their own: row r adds to that of r modulo `head_buffers`.
/// NULL without memory.
ct_turns *ct_turns_make(const ct_description *description, size_t head_buffers);
void ct_turns_free(ct_turns *turns);

/// Waits until every row before `row` has left the tensor. Nothing when turns is NULL.
void ct_turns_enter(ct_turns *turns, ct_slot_id slot, size_t layer, size_t row);
void ct_turns_leave(ct_turns *turns, ct_slot_id slot, size_t layer, size_t row);

/// The same for the head's buffer.
void ct_turns_enter_head(ct_turns *turns, size_t row);
void ct_turns_leave_head(ct_turns *turns, size_t row);

#endif
