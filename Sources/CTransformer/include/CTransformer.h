#ifndef CTRANSFORMER_H
#define CTRANSFORMER_H

// Transformers in C and BLAS (GPT-2, Llama, nanochat): forward, backward, AdamW, numeric probes. Row-major fp32
// throughout; one description value says what the model is made of.
// Each operation is a pair of functions over plain pointers and sizes; T positions, C channels, V vocabulary.

#include "ct_activation.h"
#include "ct_adamw.h"
#include "ct_attention.h"
#include "ct_blas.h"
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
#include "ct_rmsnorm.h"
#include "ct_rotary.h"
#include "ct_smear.h"
#include "ct_team.h"
#include "ct_value_embedding.h"
#include "ct_weights.h"

#endif
