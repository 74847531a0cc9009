/*
 * The one contract between TypeScript and native code.
 *
 * - Two libraries export exactly these symbols: libsc_cpu and libsc_cuda.
 * - Handles are opaque. A tensor lives where its library computes: data moves only in sc_tensor_write / sc_tensor_read.
 * - The int32_t result of an operation is a status: 0 success, 1 a bad argument, 2 no context, 3 memory, 4 the device or
 *   the system; the text of a failure is kept in the context (not in a thread-local: the caller may sit on another thread
 *   than the one that failed).
 * - Nothing aborts or throws across this border, and every argument is checked before anything is touched.
 * - Operations of one context run one at a time; a second caller waits.
 * - Arrays are row-major, the last axis named in a comment is contiguous. Sizes of 0 are legal everywhere unless said
 *   otherwise: such a call does nothing and succeeds.
 * - Larger similarity is better. Ties: the lowest index wins. NaN and -infinity (a masked cell) never win; a row in which
 *   nothing can win has index -1 and score NaN.
 * - Output tensors are made by the caller with the shape the comment states, and may not be one of the inputs.
 *
 * ffi/generate.ts reads this file: keep one declaration per SC_API / SC_OP, and plain C types. SC_OP marks work that may
 * be heavy: it gets a blocking and a nonblocking binding.
 */
#ifndef SC_H
#define SC_H

#include <stdint.h>

#define SC_ABI 1

#if defined(_WIN32)
#define SC_EXPORT __declspec(dllexport)
#else
#define SC_EXPORT __attribute__((visibility("default")))
#endif
#define SC_API SC_EXPORT
#define SC_OP SC_EXPORT

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sc_ctx sc_ctx;
typedef struct sc_tensor sc_tensor;

/* --- library ------------------------------------------------------------------------------------------------------ */

/* SC_ABI of the library; compared at load. */
SC_API int32_t sc_abi(void);
/* 0: cannot run on this machine; else higher is preferred (cpu 10..30 by instruction set, cuda 100). */
SC_API int32_t sc_score(void);
/* Writes one line about the device, or why the score is 0, with a final NUL, cut to `size` bytes. Returns the length
 * written without the NUL. */
SC_API int32_t sc_describe(char* text, int32_t size);

/* --- context ------------------------------------------------------------------------------------------------------ */

/* `threads`: 0 takes every core. `memory`: bytes that tensors and scratch may take together, 0 is no limit.
 * `flags`: bit 0 fills new tensors with NaN (0xFF bytes), so that a test sees what an operation did not write; bits 4-5
 * name the highest instruction set the CPU library may use (0 best, 1 baseline, 2 AVX2, 3 AVX-512); bits 6-7 the form of
 * its 4-D convolution (0 the one that costs less, 1 direct, 2 by Fourier transforms); bit 8
 * keeps the CUDA library off tensor cores. NULL on failure. */
SC_API sc_ctx* sc_ctx_new(int32_t threads, double memory, int32_t flags);
/* Tensors that still live keep the context alive until the last one is freed. NULL is allowed. */
SC_API void sc_ctx_free(sc_ctx* ctx);
/* The text of the last failure, as sc_describe writes. */
SC_API int32_t sc_error(sc_ctx* ctx, char* text, int32_t size);
/* Tensors alive in this context. */
SC_API int32_t sc_live(sc_ctx* ctx);
/* Bytes held by tensors of this context now. */
SC_API double sc_memory_used(sc_ctx* ctx);
/* The most bytes ever held at once, scratch included. */
SC_API double sc_memory_peak(sc_ctx* ctx);
/* Threads that operations use (1 for a GPU). */
SC_API int32_t sc_threads(sc_ctx* ctx);

/* --- tensors ------------------------------------------------------------------------------------------------------ */

/* `dtype`: 0 float32, 1 int32. `rank` 0..10 sizes in `shape`. NULL on failure (text in the context). */
SC_API sc_tensor* sc_tensor_new(sc_ctx* ctx, int32_t dtype, int32_t rank, const int32_t* shape);
/* Frees a tensor; NULL is allowed. Never while an operation uses it. */
SC_API void sc_tensor_free(sc_tensor* tensor);
/* Copies `count` elements from `source`; `count` must be the tensor's own. */
SC_OP int32_t sc_tensor_write(sc_ctx* ctx, sc_tensor* tensor, const void* source, double count);
/* Copies elements `first` .. `first + count - 1` to `target`. */
SC_OP int32_t sc_tensor_read(sc_ctx* ctx, sc_tensor* tensor, double first, double count, void* target);
/* Gives a tensor another shape of as many elements; its values stay where they are. Never while an operation uses it. */
SC_API int32_t sc_tensor_reshape(sc_ctx* ctx, sc_tensor* tensor, int32_t rank, const int32_t* shape);
/* Fails when anything was written just before or just after the tensor's data. */
SC_API int32_t sc_tensor_check(sc_ctx* ctx, sc_tensor* tensor);

/* --- operations --------------------------------------------------------------------------------------------------- */

/* Multiply-adds per second this library reaches in registers, in `result` [1] as GFLOP/s, on average over a span of about
 * `milliseconds`; the ceiling that benches compare with (a short span may be faster than a processor sustains). */
SC_OP int32_t sc_fma_peak(sc_ctx* ctx, double milliseconds, sc_tensor* result);

/* Divides rows of the last axis by their length. x, out: [...][channels], same shape, rank >= 1.
 * `norm`: 1 x / (|x| + eps), 2 x / max(|x|, eps), 3 x / sqrt(|x|^2 + eps). Values up to 1e18. */
SC_OP int32_t sc_l2norm(sc_ctx* ctx, sc_tensor* x, int32_t norm, float eps, sc_tensor* out);

/* Dot products of descriptors. a: [m][channels], b: [n][channels]. `rows`: NULL for all of a, else int32 [r], the rows
 * of a wanted (repeats allowed). `norm`: 0 none, else as sc_l2norm, applied to both sides first. `relu`: 1 turns negative
 * products (and NaN) into 0. out: [m or r][n]; or a stack of such, [places][m or r][n], of which only `place` is written. */
SC_OP int32_t sc_correlate(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps, int32_t relu, int32_t place, sc_tensor* out);

/* The best column of each row of sc_correlate's product, without storing the product. index: int32 [m or r];
 * score: [m or r]. */
SC_OP int32_t sc_correlate_best(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps, sc_tensor* index, sc_tensor* score);

/* Mutual nearest-neighbour filter. x, out: [m][n]. With R the largest value of the row and C of the column (NaN left out,
 * signs kept): out = x * ((x / R') * (x / C')). `only_zero` 0: R' = R + eps, C' = C + eps (NC-Net, eps 1e-5); 1: eps
 * takes the place of a largest value that is exactly 0 (CHM, CATs, eps 1e-30). */
SC_OP int32_t sc_mutual(sc_ctx* ctx, sc_tensor* x, int32_t only_zero, float eps, sc_tensor* out);

/* A stack of 4-D convolutions, stride 1, zero padding that keeps the size. x: [I][J][K][L][channels[0]]; `kernels`:
 * [layers][4] odd sizes; `channels`: [layers + 1]; weights: the layers' [out][in][k1][k2][k3][k4] one after the other, in
 * one axis; biases: the layers' [out], in one axis. `relu`: bit i is set when layer i is followed by ReLU. `symmetric`: 1
 * gives net(x) + T(net(T(x))), T swapping (I, J) with (K, L). out: [I][J][K][L][channels[layers]]. layers 1..16. */
SC_OP int32_t sc_conv4d(sc_ctx* ctx, sc_tensor* x, int32_t layers, const int32_t* kernels, const int32_t* channels, sc_tensor* weights, sc_tensor* biases, int32_t relu, int32_t symmetric, sc_tensor* out);

/* The same at chosen cells only: nothing is computed that they do not depend on, and no volume is stored. x: [I * J]
 * [K * L * channels[0]] with `size` [4] = I, J, K, L; `pairs`: int32 [n][2], a cell of I x J and one of K x L. out: [n]
 * [channels[layers]]; NaN where a pair lies outside. The values a pair depends on: up to 2^24 in each layer. */
SC_OP int32_t sc_conv4d_at(sc_ctx* ctx, sc_tensor* x, const int32_t* size, sc_tensor* pairs, int32_t layers, const int32_t* kernels, const int32_t* channels, sc_tensor* weights, sc_tensor* biases, int32_t relu, int32_t symmetric, sc_tensor* out);

/* The best column of each row. x: [rows][cols]; index: int32 [rows]; score: [rows]. */
SC_OP int32_t sc_argmax(sc_ctx* ctx, sc_tensor* x, sc_tensor* index, sc_tensor* score);

/* Expected position (column, row) of each row's soft-max of x / temperature over a map of cells. x: [rows][height][width];
 * out: [rows][2]. First, around the row's best cell: `sigma` > 0 multiplies similarities by a Gaussian of that many cells;
 * `radius` >= 0 gives cells further than that along an axis the similarity 0, or no weight where `masked` is 1. NaN and
 * -infinity have no weight; +infinity is certain; a row in which nothing can win has position (NaN, NaN). */
SC_OP int32_t sc_soft_argmax(sc_ctx* ctx, sc_tensor* x, float temperature, float sigma, int32_t radius, int32_t masked, sc_tensor* out);

/* Bilinear values of a map. map: [height][width][channels]; points: [n][2], column and row; out: [n][channels].
 * `border` 0: cells outside count as 0; 1: positions are moved inside first. `relative` > 0: point i is added to cell
 * (i % relative, i / relative), so that a flow is a list of points. A position that is NaN gives NaN. */
SC_OP int32_t sc_sample(sc_ctx* ctx, sc_tensor* map, sc_tensor* points, int32_t border, int32_t relative, sc_tensor* out);

/* Resizes a volume bilinearly, first along I and J, then along K and L. x: [I][J][K][L][channels]; out: the new sizes, all
 * at least 1 where x's are. `align_corners` 1: position i of n comes from i (N - 1) / (n - 1) (0 where n is 1); 0:
 * (i + 0.5) N / n - 0.5, moved inside. */
SC_OP int32_t sc_interpolate4d(sc_ctx* ctx, sc_tensor* x, int32_t align_corners, sc_tensor* out);

/* Entropic optimal transport in the log domain. cost: [m][n], a cost that is not finite forbids its match; mu: [m], nu: [n],
 * masses, those not positive count as 0. K = exp(-cost / eps), a = 1 / m; `iterations` (at least 1) times b = nu / (K^T a),
 * a = mu / (K b). out: [m][n] = scale * diag(a) K diag(b); rows and columns without an allowed match are 0. */
SC_OP int32_t sc_sinkhorn(sc_ctx* ctx, sc_tensor* cost, sc_tensor* mu, sc_tensor* nu, float eps, int32_t iterations, float scale, sc_tensor* out);

/* Regularised Hough matching. votes: [m][n]; source: [m][2], target: [n][2], x and y; pair (i, j) votes in bin
 * trunc(x / cell) + trunc(y / cell) * nx of source[i] + target[j] (float32). space: [ny][nx], the sums of the finite votes,
 * smoothed by `filter` [odd][odd] with zeros outside. confidence: [m][n] = vote * space of its bin, 0 * vote outside. */
SC_OP int32_t sc_hough(sc_ctx* ctx, sc_tensor* votes, sc_tensor* source, sc_tensor* target, float cell, int32_t nx, int32_t ny, sc_tensor* filter, sc_tensor* confidence, sc_tensor* space);

/* Half of a map of bytes: Gaussian 5x5 of sigma 0.67 with borders repeated, then bicubic reduction (a = -0.5, antialiased,
 * mirrored) along rows and columns, rounded to bytes after each of the three. map: int32 [rows][cols][words], four
 * channels per word in memory order. out: int32 [ceil(rows / 2)][ceil(cols / 2)][words]. */
SC_OP int32_t sc_halve_bytes(sc_ctx* ctx, sc_tensor* map, sc_tensor* out);

/* One level of SIFT Flow: sequential belief propagation on two coupled planes, exact in integers, as
 * reference/bp_flow.ts. source: int32 [height][width][words], target: int32 [rows][cols][words], four bytes per word;
 * centre, flow: int32 [height][width][2], x and y. window 0..64; alpha, bound, 2 window alpha 0..32767; iterations at
 * least 1; merges 0..6. `corrected`: 1 mends two slips of the authors' program. energies: int32 [`trace` ? iterations : 1][2],
 * after every or the last iteration, high * 2^24 + low. */
SC_OP int32_t sc_bp_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, sc_tensor* centre, int32_t window, int32_t alpha, int32_t bound, double gamma, int32_t iterations, int32_t merges, int32_t corrected, int32_t trace, sc_tensor* flow, sc_tensor* energies);

/* Belief propagation over a pyramid of grids (DSP), as reference/bp_pyramid.ts. Level l of `levels` 1..6 has 2^l x 2^l
 * nodes, column by column; unary: [nodes of all levels][nx][ny]. Parents and children, and 4-neighbours of a level, pay
 * per axis min(stretch * difference of their translations, bound). `upward`: 1 also sends from children to parents. At
 * most `iterations`, fewer where no state changes. states: int32 [nodes], x * ny + y; -1 where no belief is a number
 * below infinity. */
SC_OP int32_t sc_bp_pyramid(sc_ctx* ctx, sc_tensor* unary, int32_t levels, float stretch, float bound, int32_t iterations, int32_t upward, sc_tensor* states);

/* Convolution (cross-correlation) of one channel over two scale axes and four axes of space, stride 1, zero padding that
 * keeps the size. x, out: [A][B][I][J][K][L]; weights: [ka][kb][k1][k2][k3][k4], odd sizes up to 31; or both without the
 * scale axes. `relu`: 1 turns negative results (and NaN) into 0. Scale offsets with equal 4-D kernels (tied weights) share
 * their arithmetic. */
SC_OP int32_t sc_conv6d(sc_ctx* ctx, sc_tensor* x, sc_tensor* weights, float bias, int32_t relu, sc_tensor* out);

/* Separable 4-D convolution (CATs++, VAT, NeMF), zero padding of half the kernel. x: [batch][in][I][J][K][L];
 * source_weights: [out][in][odd][odd] over (I, J), target_weights: likewise over (K, L); biases [out]; `strides` [4].
 * Each branch max-pools the pair it does not convolve by that pair's stride first (a smaller window at the end, NaN left
 * out); the result is their sum. out: [batch][out][ceil(size / stride)...]. */
SC_OP int32_t sc_separable4d(sc_ctx* ctx, sc_tensor* x, sc_tensor* source_weights, sc_tensor* source_bias, sc_tensor* target_weights, sc_tensor* target_bias, const int32_t* strides, sc_tensor* out);

/* Group norm, an activation and a sum in one pass: out = add + act(weight[c] * (x - mean) / sqrt(variance + eps) + bias[c]).
 * x, add, out: [batch][channels][...], at least two axes; `add` may be NULL. Mean and variance (biased) are those of a
 * group of neighbouring channels over all positions of one example; weight, bias: [channels]. `groups` divides the
 * channels; 0 leaves the norm out, and weight and bias are NULL. `activation`: 0 none, 1 ReLU (NaN becomes 0), 2 GELU by
 * the error function. */
SC_OP int32_t sc_group_norm(sc_ctx* ctx, sc_tensor* x, sc_tensor* weight, sc_tensor* bias, int32_t groups, float eps, int32_t activation, sc_tensor* add, sc_tensor* out);

/* Additive attention between all tokens (TransforMatcher), with layer norm and residual. x, out: [tokens][channels];
 * norm_weight, norm_bias: [channels]; qkv: [3 * heads * width][channels], width even, 2..64; q_logit: [width]; k_logit:
 * [width / 2]; r_weight: [width][width / 2]; r_bias: [width]; out_weight: [channels][heads * width]; out_bias:
 * [channels]; cosine, sine: [tokens][width] or both NULL. ffi/reference/additive_attention.ts states the arithmetic. */
SC_OP int32_t sc_additive_attention(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias, float eps, int32_t heads, sc_tensor* qkv, sc_tensor* q_logit, sc_tensor* k_logit, sc_tensor* r_weight, sc_tensor* r_bias, sc_tensor* out_weight, sc_tensor* out_bias, sc_tensor* cosine, sc_tensor* sine, sc_tensor* out);

/* A network of one hidden layer on every token: x + W2 gelu(W1 norm(x) + b1) + b2. x, out: [tokens][channels]; weight1:
 * [hidden][channels]; bias1: [hidden]; weight2: [channels][hidden]; norm_weight, norm_bias, bias2: [channels]. */
SC_OP int32_t sc_token_mlp(sc_ctx* ctx, sc_tensor* x, sc_tensor* norm_weight, sc_tensor* norm_bias, float eps, sc_tensor* weight1, sc_tensor* bias1, sc_tensor* weight2, sc_tensor* bias2, sc_tensor* out);

/* Distances of every `step`-th pixel of a to b under translations step * (-nx..nx, -ny..ny). a: [height][width][channels],
 * b: [rows][cols][channels]. out: [2 nx + 1][2 ny + 1][ceil(width / step)][ceil(height / step)], x before y throughout:
 * min(Euclidean distance, bound), and the bound where the translation leads out of b. */
SC_OP int32_t sc_translation_costs(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, int32_t step, int32_t nx, int32_t ny, float bound, sc_tensor* out);

/* Every pixel's best displacement in a window around a start of its own: the least Euclidean distance + penalty *
 * (|dx| + |dy|), for dx (outer) and dy in -radius, -radius + step, ..; displacements out of b cost `outside`. a, b as
 * above; start, flow: int32 [height][width][2], x and y; cost: [height][width], the distance found. */
SC_OP int32_t sc_window_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t radius, int32_t step, float penalty, float outside, sc_tensor* flow, sc_tensor* cost);

/* SIFT descriptors of pixels on a grid, from planes that hold the 8 orientations' gradients gathered over a bin around
 * every pixel: planes [height][width][8]. A descriptor's 4 x 4 bins lie `bin` pixels apart, the first one of the first
 * descriptor at row `top` and column `left`, descriptors `step` pixels apart; all bins must be pixels. weights: [4][4],
 * factor of each bin, x before y. Normalised to unit length, cut at 0.2, normalised again, times 512, at most 255, in
 * VLFeat's arithmetic and order of sums (reference/sift_descriptors.ts). out: [rows][cols][128], within a descriptor
 * [y bin][x bin][orientation]. */
SC_OP int32_t sc_sift_descriptors(sc_ctx* ctx, sc_tensor* planes, sc_tensor* weights, int32_t bin, int32_t top, int32_t left, int32_t step, sc_tensor* out);

/* PatchMatch with the similarity a . b. a: [h1][w1][channels], b: [h2][w2][channels], up to 2^21 cells; `start`: NULL or
 * int32 [h1][w1], first matches (values outside b are drawn at random). `rounds` times every cell tries what lies beside
 * its four neighbours' matches of the round before, then random places in windows of half side `radius`, radius / 2, ...;
 * a candidate wins only by being better. Random numbers depend on the seed, cell and round alone.
 * index: int32 [h1][w1], row * w2 + col; score: [h1][w1]. */
SC_OP int32_t sc_patch_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t seed, int32_t rounds, int32_t radius, sc_tensor* index, sc_tensor* score);

/* PatchMatch over superpixels with costs smoothed along edges (PatchMatch Filter, DAISY Filter Flow). A label (u, v,
 * change) puts site (x, y) onto (c x - s y + u, s x + c y + v), c and s being scale * cosine and scale * sine of the change.
 * Descriptors are bytes in histograms of 8, `parts` of them (cost: sum over the parts of min(L1, 225)), or features (cost:
 * 3825 (1 - a . b), 0..3825).
 * source: int32 [h][w][2 parts] or float32 [h][w][channels]; target: int32 [layers][height + 2 pad][width + 2 pad][2], pad =
 * 2 reach + 1, or float32 [changes][height][width][channels]; change: int32 [changes][3 + 3 parts]: c and s in 2^-20, by
 * how many bins a histogram is read on, then layer, x and y offset (up to `reach`) of every part; changes count [scale]
 * [rotation]. guide: int32 [h][w], red + 256 green + 65536 blue; superpixel: int32 [h][w], 0..count-1; link: int32 [count]
 * [links], superpixels whose labels each one tries, -1 for none; start: int32 [count][3], first labels; home: int32 [h][w][2], where
 * a site costs nothing beside its descriptors: `stay` / 256 per target site away from it (along x and y). Costs are smoothed
 * by a guided filter over squares of side 2 radius + 1 (radius 0..9), `eps` in squared grey levels. `search`: sites a random
 * label is away from the present one at first; `ratio`: the reach over scales and rotations falls by it while that halves. label: int32 [h][w][3]; cost: int32 [h][w], in 1/256,
 * 2^31 - 1 where no label leads into the target; energy: int32 [iterations + 1][2], sums of costs, high * 2^24 + low. */
SC_OP int32_t sc_filter_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, int32_t height, int32_t width, sc_tensor* change, int32_t rotations, int32_t reach, sc_tensor* guide, sc_tensor* superpixel, sc_tensor* link, sc_tensor* start, sc_tensor* home, int32_t stay, int32_t radius, double eps, int32_t iterations, int32_t search, double ratio, int32_t seed, sc_tensor* label, sc_tensor* cost, sc_tensor* energy);

#ifdef __cplusplus
}
#endif

#endif
