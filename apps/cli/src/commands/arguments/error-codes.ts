import { type ErrorCode, errorCode } from "@exhibit/contracts";
import { InvalidArgumentError } from "commander";

/** Reads the value of `--code`. */
export function readCode(text: string): ErrorCode {
  const read = errorCode.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError(`${read.error.issues.map(({ message }) => message).join("; ")}.`);
}
