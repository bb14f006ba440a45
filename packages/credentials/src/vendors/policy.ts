/** The parts of a RAM policy's statement that matter for writing objects. */
export interface PolicyStatement {
  readonly effect: string;
  /** Such as `oss:PutObject`; an empty list means all. */
  readonly action: readonly string[];
  /** Such as `acs:oss:*:*:bucket/prefix/*`. */
  readonly resource: readonly string[];
}

/**
 * A place that a policy opens for writing; `prefix` is as in the policy, maybe without a trailing
 * `/`.
 */
export interface WritablePlace {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Returns where a policy allows PutObject, in its order: what Allow statements open, except for
 * what a Deny closes completely. Leaves out resources that aren't folders: whole buckets, single
 * objects, and those whose bucket or prefix is a pattern.
 */
export function writablePlaces(policy: readonly PolicyStatement[]): WritablePlace[] {
  const forPut = policy.filter(({ action }) => action.length === 0 || action.some(permitsPut));
  const closed = forPut
    .filter((each) => isEffect(each, "deny"))
    .flatMap(pathsOf)
    .map(globOf);
  const places = forPut
    .filter((each) => isEffect(each, "allow"))
    .flatMap(pathsOf)
    .flatMap(placeOf)
    // A folder that is closed completely matches with any key; one with a few closed keys stays
    // open.
    .filter(({ bucket, prefix }) => !closed.some((glob) => glob.test(`${bucket}/${prefix}x`)));
  return [...new Map(places.map((place) => [`${place.bucket}/${place.prefix}`, place])).values()];
}

function permitsPut(action: string): boolean {
  return globOf(action.toLowerCase()).test("oss:putobject");
}

function isEffect({ effect }: PolicyStatement, wanted: string): boolean {
  return effect.toLowerCase() === wanted;
}

/** `acs:oss:<region>:<account>:<path>`; keys may hold colons. `*` stands for everything. */
function pathsOf({ resource }: PolicyStatement): string[] {
  return resource.flatMap((name) => {
    const path = name === "*" ? "*" : /^acs:oss:[^:]*:[^:]*:(.*)$/s.exec(name)?.[1];
    return path === undefined ? [] : [path];
  });
}

function placeOf(path: string): WritablePlace[] {
  const slash = path.indexOf("/");
  const bucket = path.slice(0, slash);
  const prefix = path.slice(slash + 1).replace(/\*+$/, "");
  const isFolder = path.endsWith("*") || path.endsWith("/");
  if (slash < 1 || prefix === "" || !isFolder || /[*?]/.test(bucket + prefix)) return [];
  return [{ bucket, prefix }];
}

function globOf(pattern: string): RegExp {
  const text = pattern
    .replace(/\*+/g, "*")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`, "s");
}
