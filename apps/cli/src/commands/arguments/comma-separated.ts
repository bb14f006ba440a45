import { InvalidArgumentError } from "commander";

/** Values separated by commas, each one of those that there are. */
export function readAmong<const Value extends string>(
  values: readonly Value[],
  text: string,
): Value[] {
  return text.split(",").map((each) => {
    const value = values.find((known) => known === each.trim());
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`${JSON.stringify(each)} is none of ${values.join(", ")}.`);
  });
}
