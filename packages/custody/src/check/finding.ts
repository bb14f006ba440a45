/** Something in a bag that isn't as it has to be. */
export interface Finding {
  /** The file, below the bag's folder. */
  where: string;
  /** The line in it, from 1. */
  line?: number;
  /** What is wrong with it, as the rest of a sentence. */
  what: string;
}

/** Takes findings one by one: there may be millions. */
export type Report = (finding: Finding) => void;
