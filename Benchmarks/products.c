// Passes at GPT-2 124M shape with random weights, straight on the C library: how fast they are, how much of one thread's
// time the matrix products take, what probes cost, and what a team of threads gains. Linked with --wrap=cblas_sgemm.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>
#undef I

#include "CTransformer.h"

static double read_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Of one thread by itself processor time counts, which others' work lengthens less.
static double own(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

static double wall(void) { return read_clock(CLOCK_MONOTONIC); }

static _Thread_local double in_products;

void __real_cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint M, blasint N, blasint K,
                        float alpha, const float *A, blasint lda, const float *B, blasint ldb, float beta, float *C,
                        blasint ldc);
void __wrap_cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint M, blasint N, blasint K,
                        float alpha, const float *A, blasint lda, const float *B, blasint ldb, float beta, float *C,
                        blasint ldc);
void __wrap_cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint M, blasint N, blasint K,
                        float alpha, const float *A, blasint lda, const float *B, blasint ldb, float beta, float *C,
                        blasint ldc) {
    const double begin = own();
    __real_cblas_sgemm(layout, ta, tb, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc);
    in_products += own() - begin;
}

// A team of standing threads that sleep between stages.
enum { MOST = 64 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static size_t stage, busy, count, workers;
static atomic_size_t next;
static ct_task task;
static void *argument;

static void work(size_t worker) {
    for (size_t item; (item = atomic_fetch_add(&next, 1)) < count;) task(argument, item, worker);
}

static void *stand_by(void *number) {
    size_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (stage == seen) pthread_cond_wait(&wake, &lock);
        seen = stage;
        pthread_mutex_unlock(&lock);
        work((size_t)number);
        pthread_mutex_lock(&lock);
        if (--busy == 0) pthread_cond_signal(&done);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void spread(void *context, size_t items, ct_task body, void *with) {
    (void)context;
    pthread_mutex_lock(&lock);
    task = body;
    argument = with;
    count = items;
    atomic_store(&next, 0);
    busy = workers - 1;
    stage++;
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
    work(0);
    pthread_mutex_lock(&lock);
    while (busy > 0) pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
}

// A team of which only the time table is real: items run one after the other, each on the worker that would be free first.
static double saved;

static void tabulate(void *context, size_t items, ct_task body, void *with) {
    (void)context;
    double table[MOST] = {0}, total = 0, longest = 0;
    for (size_t item = 0; item < items; item++) {
        size_t first = 0;
        for (size_t k = 1; k < workers; k++) first = table[k] < table[first] ? k : first;
        const double begin = own();
        body(with, item, first);
        const double seconds = own() - begin;
        table[first] += seconds;
        total += seconds;
        longest = table[first] > longest ? table[first] : longest;
    }
    saved += total - longest;
}

static unsigned state = 1;

static float number(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / (float)(1 << 24) - 0.5f;
}

int main(int argc, char **argv) {
    const size_t T = argc > 1 ? (size_t)atoi(argv[1]) : 1024;
    workers = argc > 2 ? (size_t)atoi(argv[2]) : 2;
    const int rounds = argc > 3 ? atoi(argv[3]) : 3;
    if (workers == 0 || workers > MOST || T == 0 || T > 1024) return 64;
    ct_use_single_threaded_blas();
    setvbuf(stdout, NULL, _IOLBF, 0);
    const ct_description d = {
        .layers = 12, .heads = 12, .kv_heads = 12, .channels = 768, .hidden = 3072, .max_sequence = 1024,
        .vocabulary = 50257, .padded_vocabulary = 50304, .has_bias = true, .norm_epsilon = 1e-5f,
        .has_norm_weight = true, .is_head_tied = true,
    };
    ct_layout layout;
    if (ct_layout_make(&d, &layout) != CT_OK) return 1;
    float *values = malloc(layout.parameters * sizeof *values), *gradients = calloc(layout.parameters, sizeof(float));
    for (size_t i = 0; i < layout.parameters; i++) values[i] = 0.07f * number();
    for (size_t l = 0; l < d.layers; l++) {
        for (size_t c = 0; c < d.channels; c++) {
            ct_slot_at(&layout, CT_LN1W, l, values)[c] = ct_slot_at(&layout, CT_LN2W, l, values)[c] = 1;
        }
    }
    for (size_t c = 0; c < d.channels; c++) ct_slot_at(&layout, CT_LNFW, 0, values)[c] = 1;
    int32_t *tokens = malloc(T * sizeof *tokens), *targets = malloc(T * sizeof *targets);
    for (size_t t = 0; t < T; t++) {
        tokens[t] = (int32_t)((number() + 0.5f) * 50000);
        targets[t] = (int32_t)((number() + 0.5f) * 50000);
    }
    float *losses = malloc(T * sizeof *losses);
    const size_t probes = ct_probe_count(&d);
    const ct_observer observer = {malloc(probes * sizeof(ct_probe)), malloc(probes * sizeof(ct_probe)),
                                  malloc(d.layers * d.heads * sizeof(double)),
                                  malloc(d.layers * d.hidden * sizeof(float))};
    ct_workspace *forward = ct_workspace_make(&d, T, false, workers), *backward = ct_workspace_make(&d, T, true, workers);
    if (!forward || !backward) return 1;
    for (size_t i = 1; i < workers; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, stand_by, (void *)i) != 0) return 1;
    }
    const ct_team team = {workers, NULL, spread};
    const ct_weights weights = {.values = values};
    const ct_gradient_sink sink = {.gradients = gradients, .scale = 1.0f / (float)T};
    printf("GPT-2 124M, one row of %zu tokens, %s kernels, best of %d\n", T, ct_blas_core(), rounds);
    // [backward][probed]: processor seconds of one thread, wall seconds of one thread and of the team.
    double best[2][2][3];
    for (int back = 0; back < 2; back++) {
        double share = 0;
        for (int probed = 0; probed < 2; probed++) {
            for (int k = 0; k < 3; k++) best[back][probed][k] = 1e9;
        }
        for (int round = 0; round <= rounds; round++) {
            for (int probed = 0; probed < 2; probed++) {
                for (int many = 0; many < 2; many++) {
                    const ct_batch_row row = {tokens, targets, T, CT_FP32, many ? &team : NULL};
                    const ct_observer *seen = probed ? &observer : NULL;
                    if (seen) ct_observer_reset(seen, &d);
                    in_products = 0;
                    const double begin = wall(), own_begin = own();
                    const ct_status status =
                        back ? ct_forward_backward(&d, &weights, backward, row, seen, losses, sink)
                             : ct_forward(&d, &weights, forward, row, seen, losses, NULL);
                    const double seconds = wall() - begin, own_seconds = own() - own_begin;
                    if (status != CT_OK) return 1;
                    // The first round makes room and warms the caches.
                    if (round == 0) continue;
                    double *b = best[back][probed];
                    if (seconds < b[1 + many]) b[1 + many] = seconds;
                    if (many || own_seconds >= b[0]) continue;
                    b[0] = own_seconds;
                    if (!probed) share = in_products / own_seconds;
                }
            }
        }
        const double (*b)[3] = best[back];
        // What the cut into items allows, were threads free and memory no limit.
        const ct_team table = {workers, NULL, tabulate};
        const ct_batch_row row = {tokens, targets, T, CT_FP32, &table};
        saved = 0;
        const double begin = own();
        if (back) {
            ct_forward_backward(&d, &weights, backward, row, NULL, losses, sink);
        } else {
            ct_forward(&d, &weights, forward, row, NULL, losses, NULL);
        }
        const double whole = own() - begin;
        printf("%-17s %7.0f tokens/s, products %.1f %%, probes %+.1f %%, %zu threads %.2f times (items allow %.2f)\n",
               back ? "forward+backward" : "forward", (double)T / b[0][0], 100 * share, 100 * (b[1][0] / b[0][0] - 1),
               workers, b[0][1] / b[0][2], whole / (whole - saved));
    }
    return 0;
}
