/** Means and their confidence intervals. */

/** A mean of independent values. */
export interface Mean {
  /** How many values there are. */
  readonly n: number;
  readonly mean: number;
  /** Half the width of the confidence interval; null for a single value, of which nothing is known. */
  readonly halfWidth: number | null;
}

/**
 * Probability that Student's t with so many degrees of freedom lies between −t and t, t = √ν · tan θ.
 *
 * The finite sums for a whole number of degrees of freedom: Abramowitz and Stegun, "Handbook of Mathematical Functions",
 * 1964, 26.7.3 and 26.7.4.
 */
function centralProbability(degrees: number, theta: number): number {
  const isOdd = degrees % 2 === 1;
  const cosine = Math.cos(theta);
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}

/**
 * The t that Student's t stays within, on both sides, with this probability.
 *
 * @param degrees of freedom, a whole number from 1
 * @param probability above 0 and below 1
 */
export function studentT(degrees: number, probability: number): number {
  let low = 0;
  let high = Math.PI / 2;
  // Halved until nothing is between them.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (centralProbability(degrees, middle) < probability) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(high);
}

/** The mean of values with its confidence interval by Student's t; undefined if there are none. */
export function meanOf(values: readonly number[], confidence = 0.95): Mean | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, halfWidth: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (n - 1) / n);
  return { n, mean, halfWidth: error === 0 ? 0 : studentT(n - 1, confidence) * error };
}
