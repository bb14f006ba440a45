/** What a token allows: one Allow statement. */
export interface Policy {
  /** Such as `oss:PutObject`. */
  actions: readonly string[];
  /** ARNs `acs:oss:{region}:{owner}:{bucket}[/{object}]`; `*` stands for anything, `?` for one character. */
  resources: readonly string[];
}

/** Returns whether an action is allowed on `bucket` or `bucket/key`. */
export type Judge = (action: string, resource: string) => boolean;

const ARN = /^acs:oss:[^:]*:[^:]*:(.*)$/su;

/** Compiles a policy. Folders are looked up in a set, so that ten thousand of them cost no more than one. */
export function compilePolicy(policy: Policy): Judge {
  const actions = new Set(policy.actions);
  const exact = new Set<string>();
  const folders = new Set<string>();
  const patterns: RegExp[] = [];
  for (const arn of policy.resources) {
    const resource = ARN.exec(arn)?.[1] ?? "";
    if (!/[*?]/u.test(resource)) exact.add(resource);
    else if (/^[^*?]*\/\*$/u.test(resource)) folders.add(resource.slice(0, -1));
    else patterns.push(patternOf(resource));
  }
  return (action, resource) =>
    actions.has(action) &&
    (exact.has(resource) ||
      liesInOne(folders, resource) ||
      patterns.some((pattern) => pattern.test(resource)));
}

function liesInOne(folders: ReadonlySet<string>, resource: string): boolean {
  if (folders.size === 0) return false;
  for (let slash = resource.indexOf("/"); slash !== -1; slash = resource.indexOf("/", slash + 1)) {
    if (folders.has(resource.slice(0, slash + 1))) return true;
  }
  return false;
}

function patternOf(resource: string): RegExp {
  const source = resource
    .replace(/[.+^${}()|[\]\\/]/gu, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}
