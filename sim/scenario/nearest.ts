/** What somebody meant who wrote a name that there is not. */

/** How many letters have to be added, taken out, changed or swapped with their neighbour to make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  // Rows of the usual table; `before` is the one above the one above, for swapped neighbours.
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + Number(!same),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/** The known name that is nearest to `name`; undefined if none is near enough to be what was meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
    // The beginning of a name is taken for it before one that is a letter off.
    const distance = a.length > 2 && b.startsWith(a) ? 0.5 : editDistance(a, b);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}
