/** Milliseconds of the fastest of some rounds, after one that warms up: what the machine can do when nobody disturbs. */
export async function fastest(rounds: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
