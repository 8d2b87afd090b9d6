/** Figures that the paper prints. */

/** Section 4: extra income in a week, yuan. */
export const PAPER_EXTRA_INCOME_YUAN = 8863.51;
/** Section 4: cost of all migrations in a week, yuan. */
export const PAPER_MIGRATION_COST_YUAN = 59.23;
