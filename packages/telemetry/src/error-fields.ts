import { ExhibitError } from "@exhibit/contracts";

/** Causes of causes that are followed: a chain may lead back into itself. */
const DEEPEST = 10;

/**
 * An error as a line of the log has it: one sentence for each cause that says something new. Where we know what happened, the
 * stack says nothing more.
 */
export function errorFields(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const error = named(thrown);
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

/** Others wrap an error of ours with the same sentence to tell the queue what is to be done. */
function named(thrown: Error): Error {
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
