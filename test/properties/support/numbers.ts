/** Numbers from 0 to 1 that look random and are the same in every run (Park and Miller, "Random number generators", 1988). */
export function numbers(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
