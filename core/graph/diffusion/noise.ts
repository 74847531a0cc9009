/** Noise steps of Stable Diffusion's training. */
const STEPS = 1000;

/**
 * How much of a latent and of noise a step mixes: latent * signal + noise * noise (Ho et al., 2020), with Stable
 * Diffusion's schedule, whose square roots of beta grow evenly from that of 0.00085 to that of 0.012.
 *
 * @param step 0 .. 999
 */
export function mixAt(step: number): { signal: number; noise: number } {
  if (!Number.isInteger(step) || step < 0 || step >= STEPS) throw new RangeError(`Cannot mix noise of step ${step}`);
  const [first, last] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  let kept = 1;
  for (let i = 0; i <= step; i++) kept *= 1 - (first + (last - first) * i / (STEPS - 1)) ** 2;
  return { signal: Math.sqrt(kept), noise: Math.sqrt(1 - kept) };
}

/**
 * `n` normal values, the same for a seed on every machine: Box and Muller's transform of a 32-bit mixing generator
 * (mulberry32). Official code draws its noise without a seed, so no published number fixes these values.
 */
export function gaussian(n: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (((x ^ (x >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
