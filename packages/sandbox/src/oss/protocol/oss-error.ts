interface ErrorEntry {
  status: number;
  message: string;
  /** OSS's own finer code, where PROTOCOLS names it. */
  ec?: string;
}

const entries = {
  AccessDenied: { status: 403, message: "You have no right to access this object." },
  AccessKeyIdAndSecurityTokenNotMatch: {
    status: 403,
    message: "The AccessKeyId and the security token don't belong together.",
    ec: "0002-00000004",
  },
  EntityTooLarge: {
    status: 400,
    message: "Your proposed upload exceeds the maximum allowed size.",
  },
  EntityTooSmall: { status: 400, message: "A part but the last is smaller than 100 KB." },
  FileAlreadyExists: { status: 409, message: "The object you specified already exists." },
  FileImmutable: { status: 409, message: "The object you specified is immutable." },
  IncompleteBody: { status: 400, message: "The body is shorter than Content-Length says." },
  InternalError: { status: 500, message: "We encountered an internal error." },
  InvalidAccessKeyId: {
    status: 403,
    message: "The OSS Access Key Id you provided does not exist in our records.",
    ec: "0002-00000002",
  },
  InvalidArgument: { status: 400, message: "An argument isn't valid." },
  InvalidBucketName: { status: 400, message: "The specified bucket is not valid." },
  InvalidDigest: { status: 400, message: "The Content-MD5 you specified was invalid." },
  InvalidObjectName: { status: 400, message: "The specified object is not valid." },
  InvalidPart: { status: 400, message: "A part wasn't uploaded, or its ETag is another." },
  InvalidPartOrder: { status: 400, message: "The list of parts isn't in ascending order." },
  InvalidRequest: { status: 400, message: "The request isn't valid here." },
  InvalidSecurityToken: {
    status: 403,
    message: "The security token you provided is invalid.",
    ec: "0002-00000006",
  },
  MalformedXML: { status: 400, message: "The XML you provided isn't well-formed." },
  MethodNotAllowed: { status: 405, message: "The method isn't allowed here." },
  MissingContentLength: { status: 411, message: "You must provide the Content-Length header." },
  NoSuchBucket: { status: 404, message: "The specified bucket does not exist." },
  NoSuchKey: { status: 404, message: "The specified key does not exist." },
  NoSuchUpload: { status: 404, message: "The upload doesn't exist any more.", ec: "0042-00000203" },
  NoSuchObjectWormConfiguration: {
    status: 404,
    message: "The bucket has no object-level retention.",
  },
  NoSuchVersion: { status: 404, message: "The specified version does not exist." },
  NoSuchWORMConfiguration: { status: 404, message: "The WORM configuration does not exist." },
  NotImplemented: { status: 501, message: "The sandbox doesn't have this operation." },
  RequestTimeTooSkewed: {
    status: 403,
    message: "The difference between the request time and the current time is too large.",
    ec: "0002-00000504",
  },
  SecurityTokenExpired: {
    status: 403,
    message: "The security token you provided has expired.",
    ec: "0002-00000007",
  },
  SignatureDoesNotMatch: {
    status: 403,
    message: "The request signature we calculated does not match the one you provided.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type OssErrorCode = keyof typeof entries;

/** An error that becomes a response in XML. */
export class OssError extends Error {
  override readonly name = "OssError";
  readonly code: string;
  readonly status: number;
  readonly ec: string;
  /** Further elements of the XML, such as `ServerTime`. */
  readonly extra: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, ec: string, extra = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.ec = ec;
    this.extra = extra;
  }
}

export function ossError(
  code: OssErrorCode,
  message?: string,
  extra: Record<string, string> = {},
  ec?: string,
): OssError {
  const entry: ErrorEntry = entries[code];
  return new OssError(code, entry.status, message ?? entry.message, ec ?? entry.ec ?? NO_EC, extra);
}

const NO_EC = "0000-00000000";
