#include "ct_turns.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct ct_turns {
    size_t head_buffers, count;
    _Atomic size_t turn[];  // (L, slots), then the head buffers: the row whose turn it is, or a head buffer's row count
};

static size_t tensors(const ct_description *d) { return d->layers * CT_SLOT_COUNT; }

ct_turns *ct_turns_make(const ct_description *d, size_t head_buffers) {
    if (ct_description_check(d) != CT_OK || head_buffers == 0 || head_buffers > 64) return NULL;
    const size_t count = tensors(d) + head_buffers;
    ct_turns *turns = calloc(1, sizeof *turns + count * sizeof turns->turn[0]);
    if (!turns) return NULL;
    turns->head_buffers = head_buffers;
    turns->count = tensors(d);
    for (size_t i = 0; i < count; i++) atomic_init(&turns->turn[i], 0);
    return turns;
}

void ct_turns_free(ct_turns *turns) { free(turns); }

static void wait_for(_Atomic size_t *turn, size_t row) {
    while (atomic_load_explicit(turn, memory_order_acquire) != row) sched_yield();
}

void ct_turns_enter(ct_turns *turns, ct_slot_id slot, size_t layer, size_t row) {
    if (turns) wait_for(&turns->turn[layer * CT_SLOT_COUNT + slot], row);
}

void ct_turns_leave(ct_turns *turns, ct_slot_id slot, size_t layer, size_t row) {
    if (turns) atomic_store_explicit(&turns->turn[layer * CT_SLOT_COUNT + slot], row + 1, memory_order_release);
}

void ct_turns_enter_head(ct_turns *turns, size_t row) {
    if (turns) wait_for(&turns->turn[turns->count + row % turns->head_buffers], row / turns->head_buffers);
}

void ct_turns_leave_head(ct_turns *turns, size_t row) {
    if (!turns) return;
    _Atomic size_t *turn = &turns->turn[turns->count + row % turns->head_buffers];
    atomic_store_explicit(turn, row / turns->head_buffers + 1, memory_order_release);
}
