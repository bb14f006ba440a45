import { InvalidArgumentError } from "commander";

/** Reads values separated by commas, each of them one of the known `values`. */
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
