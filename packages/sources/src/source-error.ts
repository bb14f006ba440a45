import { type ErrorCode, ExhibitError } from "@exhibit/contracts/errors";

/** Our codes for what the operating system says. Anything else is SOURCE_IO: worth another try. */
const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "SOURCE_NOT_FOUND",
  ENOTDIR: "SOURCE_NOT_FOUND",
  EACCES: "SOURCE_UNREADABLE",
  EPERM: "SOURCE_UNREADABLE",
  // There is a symbolic link where O_NOFOLLOW forbids one, or a circle of them.
  ELOOP: "SOURCE_UNREADABLE",
  // It lies deeper than PATH_MAX: it is there, but no system call can name it.
  ENAMETOOLONG: "SOURCE_UNREADABLE",
  // Opening a socket fails with this.
  ENXIO: "SOURCE_UNREADABLE",
};

const sentenceOf: Readonly<Partial<Record<ErrorCode, string>>> = {
  SOURCE_NOT_FOUND: "isn't there",
  SOURCE_UNREADABLE: "may not be read",
};

/**
 * Returns the ExhibitError for an error of the file system; one that is an ExhibitError already
 * stays as it is. No other place translates them.
 *
 * @param path what the message names
 */
export function sourceError(thrown: unknown, path: string): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  const errno = errnoOf(thrown);
  const code = codeOfErrno[errno] ?? "SOURCE_IO";
  const sentence = sentenceOf[code] ?? "can't be read now";
  return new ExhibitError(code, `${path} ${sentence} (${errno}).`, {
    cause: thrown,
    details: { path, errno },
  });
}

/** Returns the name of a system error, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "unknown error";
}
