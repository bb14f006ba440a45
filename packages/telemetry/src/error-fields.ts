import { ExhibitError } from "@exhibit/contracts";

/** How many causes are followed: a chain may be circular. */
const DEEPEST = 10;

/**
 * Returns the fields of an error in a log line, with one message for each cause that says something
 * new. Errors whose code says what happened have no stack.
 */
export function errorFields(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const error = unwrapped(thrown);
  const known = error instanceof ExhibitError && error.code !== "INTERNAL";
  return {
    type: error.name,
    ...("code" in error && { code: error.code }),
    message: error.message,
    ...(error instanceof ExhibitError && { details: error.details }),
    cause: causesOf(error),
    ...(!known && { stack: error.stack }),
  };
}

/** Unwraps an error of ours that was wrapped under the same message to control the queue. */
function unwrapped(thrown: Error): Error {
  const { cause } = thrown;
  return cause instanceof ExhibitError && cause.message === thrown.message ? cause : thrown;
}

function causesOf({ message, cause }: Error): string[] {
  const said = [message];
  let next: unknown = cause;
  for (let depth = 0; next !== undefined && next !== null && depth < DEEPEST; depth += 1) {
    const text = next instanceof Error ? next.message : String(next);
    if (!said.some((sentence) => sentence.includes(text))) said.push(text);
    next = next instanceof Error ? next.cause : undefined;
  }
  return said.slice(1);
}
