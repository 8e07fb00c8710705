#ifndef CTRANSFORMER_H
#define CTRANSFORMER_H

// The GPT-2 family in C and BLAS: forward, backward, AdamW, numeric probes. Row-major fp32 throughout.
// Each operation is a pair of functions over plain pointers and sizes; T positions, C channels, V vocabulary.

#include "ct_activation.h"
#include "ct_adamw.h"
#include "ct_attention.h"
#include "ct_description.h"
#include "ct_embedding.h"
#include "ct_layernorm.h"
#include "ct_linear.h"
#include "ct_loss.h"
#include "ct_math.h"
#include "ct_model.h"
#include "ct_precision.h"
#include "ct_probe.h"
#include "ct_residual.h"

#endif
