import { InvalidArgumentError } from "commander";

/** Returns a function that reads a whole number that isn't below `least`. */
export function readFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a number from ${least} on.`);
  };
}
