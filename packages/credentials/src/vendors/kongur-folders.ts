import type { Credentials } from "../lease.ts";
import { type FolderKey, type FolderRefusal, folderKey } from "../vendor.ts";
import { answeredPrefix } from "./answered-place.ts";
import { unusableAnswer } from "./unusable-answer.ts";

export const kongurRoles = ["entrust", "lawyer", "firm"] as const;
type Role = (typeof kongurRoles)[number];

type Text = string | undefined;

/** An entry of `datas`. */
interface KongurToken {
  oss_token?: Text;
  access_key_id?: Text;
  secret_access_key?: Text;
  oss_dir_map: Record<string, Text>;
  entrust_oss_folder?: Text;
  lawyer_oss_folder?: Text;
  firm_oss_folder?: Text;
  success: boolean;
  error_code?: Text;
}

/** An entry of `errors`. */
interface KongurFault {
  business_id?: Text;
  biz_type?: Text;
  field_name_en?: Text;
  return_error_code?: Text;
  error_msg?: Text;
}

export interface KongurResult {
  success: boolean;
  datas: KongurToken[];
  errors: KongurFault[];
}

/** What was requested, to assign the answer's parts to folders. */
export interface KongurAsked {
  readonly vendor: string;
  readonly entrustId: string | undefined;
  readonly suitIds: readonly string[];
  /** The key of a suit's folder in `oss_dir_map`. */
  readonly dirKey: (suitId: string) => string;
}

export interface KongurOpened {
  readonly credentials: Credentials;
  readonly folders: Record<FolderKey, string>;
}

/** A possible refusal. Only a `certain` one applies to a folder that a token opens. */
interface Blame extends FolderRefusal {
  readonly certain: boolean;
}

/**
 * Returns what each token of `datas` opens, and which folders are refused and why: kongur can
 * succeed in part. An error that names a folder refuses it even if a token opens it; an error that
 * names none applies to all folders that no token opens. Throws VENDOR_ANSWER_INVALID for an
 * incomplete token.
 */
export function kongurFolders(
  said: KongurResult,
  asked: KongurAsked,
): { opened: KongurOpened[]; refusals: FolderRefusal[] } {
  const opened = said.datas
    .filter(({ success }) => success)
    .map((token) => ({
      credentials: credentialsOf(asked, token),
      folders: foldersOf(token, asked),
    }))
    .filter(({ folders }) => Object.keys(folders).length > 0);
  const blames = [
    ...said.errors.flatMap((fault) => blamesOf(fault, asked)),
    ...said.datas.filter(({ success }) => !success).flatMap((token) => blamesOfToken(token, asked)),
  ];
  const open = new Set(opened.flatMap(({ folders }) => Object.keys(folders)));
  if (blames.length === 0) blames.push(...unexplained(said, asked, open));
  return { opened, refusals: refusalsFrom(blames, open) };
}

function credentialsOf({ vendor }: KongurAsked, token: KongurToken): Credentials {
  const { access_key_id, secret_access_key, oss_token } = token;
  if (access_key_id === undefined || secret_access_key === undefined || oss_token === undefined) {
    const parts = Object.entries({ access_key_id, secret_access_key, oss_token });
    const missing = parts.filter((part) => part[1] === undefined).map(([name]) => name);
    throw unusableAnswer(vendor, `a token lacks ${missing.join(", ")}`);
  }
  return {
    accessKeyId: access_key_id,
    accessKeySecret: secret_access_key,
    securityToken: oss_token,
  };
}

function foldersOf(token: KongurToken, asked: KongurAsked): Record<FolderKey, string> {
  const suits = asked.suitIds.map(
    (id) => [suitKey(id), suitFolder(token, asked.dirKey(id))] as const,
  );
  const roles = kongurRoles.map((role) => [roleKey(role), token[`${role}_oss_folder`]] as const);
  // An empty folder isn't the whole bucket, but none.
  const named = [...suits, ...roles].flatMap(([key, folder]) =>
    folder === undefined || folder.trim() === ""
      ? []
      : [[key, answeredPrefix(asked.vendor, folder)]],
  );
  return Object.fromEntries(named);
}

function suitFolder({ oss_dir_map }: KongurToken, key: string): Text {
  return Object.hasOwn(oss_dir_map, key) ? oss_dir_map[key] : undefined;
}

function blamesOf(fault: KongurFault, { suitIds, entrustId }: KongurAsked): Blame[] {
  const { business_id, return_error_code: code = "", error_msg: message = "" } = fault;
  const reason = { code, message };
  const blames: Blame[] = [];
  if (business_id !== undefined && suitIds.includes(business_id)) {
    blames.push({ folder: suitKey(business_id), ...reason, certain: true });
  }
  if (business_id !== undefined && business_id === entrustId) {
    const named = rolesNamed(fault);
    // Roles that the error doesn't name still belong to the entrust that it is about.
    const all = kongurRoles.map((role) => ({
      folder: roleKey(role),
      certain: named.includes(role),
    }));
    blames.push(...all.map((blame) => ({ ...reason, ...blame })));
  }
  return blames.length > 0 ? blames : [{ folder: null, ...reason, certain: false }];
}

/** The field takes precedence: a `biz_type` of "entrust" may just be the kind of `business_id`. */
function rolesNamed({ field_name_en, biz_type }: KongurFault): Role[] {
  const namedBy = (text: Text) =>
    kongurRoles.filter((role) => text?.toLowerCase().includes(role) === true);
  const byField = namedBy(field_name_en);
  return byField.length > 0 ? byField : namedBy(biz_type);
}

/** A token with `success: false` refuses what it would have opened. */
function blamesOfToken(token: KongurToken, asked: KongurAsked): Blame[] {
  const reason = { code: token.error_code ?? "", message: "the token for it has success=false" };
  const folders: (string | null)[] = Object.keys(foldersOf(token, asked));
  return (folders.length > 0 ? folders : [null]).map((folder) => ({
    folder,
    ...reason,
    certain: false,
  }));
}

/** Explains missing folders as far as possible when nothing in the answer does. */
function unexplained(
  { success, datas }: KongurResult,
  { suitIds, dirKey }: KongurAsked,
  open: ReadonlySet<FolderKey>,
): Blame[] {
  const blame = { code: "", certain: false };
  if (!success) {
    return [{ ...blame, folder: null, message: "the answer has success=false and no reason" }];
  }
  const expected = new Set(suitIds.map(dirKey));
  const keys = datas.flatMap(({ oss_dir_map }) => Object.keys(oss_dir_map));
  const strange = keys.filter((key) => !expected.has(key)).slice(0, 3);
  if (strange.length === 0) return [];
  const message = `the answer's oss_dir_map has other keys, such as ${JSON.stringify(strange)}: check \`oss_dir_key\``;
  const missing = suitIds.map(suitKey).filter((key) => !open.has(key));
  return missing.map((folder) => ({ ...blame, folder, message }));
}

/**
 * Returns one refusal per folder, a certain one if possible, and none for a folder that is open.
 */
function refusalsFrom(blames: readonly Blame[], open: ReadonlySet<FolderKey>): FolderRefusal[] {
  const standing = blames.filter(
    ({ folder, certain }) => certain || folder === null || !open.has(folder),
  );
  const byFolder = new Map<FolderKey | null, FolderRefusal>();
  for (const { certain, ...refusal } of standing.toSorted(
    (a, b) => Number(b.certain) - Number(a.certain),
  )) {
    if (!byFolder.has(refusal.folder)) byFolder.set(refusal.folder, refusal);
  }
  return [...byFolder.values()];
}

function suitKey(id: string): FolderKey {
  return folderKey({ suit_id: id });
}

function roleKey(role: Role): FolderKey {
  return folderKey({ role });
}
