// Tokens per second of llm.c's CPU trainer at GPT-2 124M shape: B = 1, one row of random tokens. Compiled together with
// its train_gpt2.c (MIT), which the script downloads; TESTING leaves its main out.
#define TESTING
#include "train_gpt2.c"

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    const int T = atoi(argv[2]);
    GPT2 model;
    gpt2_build_from_checkpoint(&model, argv[1]);
    int *tokens = malloc((size_t)(T + 1) * sizeof *tokens);
    unsigned state = 1;
    for (int t = 0; t <= T; t++) tokens[t] = (int)((state = state * 1664525u + 1013904223u) >> 8) % 50257;
    // The first pass makes room.
    gpt2_forward(&model, tokens, tokens + 1, 1, T);
    double begin = seconds();
    gpt2_forward(&model, tokens, tokens + 1, 1, T);
    const double forward = seconds() - begin;
    gpt2_zero_grad(&model);
    gpt2_backward(&model);
    begin = seconds();
    gpt2_forward(&model, tokens, tokens + 1, 1, T);
    gpt2_zero_grad(&model);
    gpt2_backward(&model);
    const double both = seconds() - begin;
    fprintf(stderr, "forward %.1f\nforward+backward %.1f\n", T / forward, T / both);
    return 0;
}
