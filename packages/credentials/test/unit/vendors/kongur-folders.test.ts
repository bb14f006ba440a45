import { describe, expect, it } from "vitest";
import { folderKey } from "../../../src/vendor.ts";
import {
  type KongurAsked,
  type KongurResult,
  kongurFolders,
} from "../../../src/vendors/kongur-folders.ts";

const asked: KongurAsked = {
  vendor: "kongur",
  entrustId: "E-77",
  suitIds: ["1001", "1002"],
  dirKey: (suitId) => suitId,
};
const parts = { access_key_id: "id", secret_access_key: "secret", oss_token: "token" };
const token = { ...parts, oss_dir_map: {}, success: true };
const roles = { entrust_oss_folder: "e", lawyer_oss_folder: "l", firm_oss_folder: "f" };

function answered(part: Partial<KongurResult>) {
  const { opened, refusals } = kongurFolders(
    { success: true, datas: [], errors: [], ...part },
    asked,
  );
  const folders = Object.assign({}, ...opened.map((each) => each.folders));
  const refusal = (folder: Record<string, string> | null) =>
    refusals.find((each) => each.folder === (folder === null ? null : folderKey(folder)));
  return { opened, folders, refusals, refusal };
}

describe("kongur's answer", () => {
  it("opens suits, entrust, lawyer and firm with one token", () => {
    const { opened, folders, refusals } = answered({
      datas: [{ ...token, ...roles, oss_dir_map: { "1001": "s/1", "1002": "/s/2/", "9": "s/9" } }],
    });
    expect(opened).toHaveLength(1);
    expect(folders).toEqual({
      [folderKey({ suit_id: "1001" })]: "s/1/",
      [folderKey({ suit_id: "1002" })]: "s/2/",
      [folderKey({ role: "entrust" })]: "e/",
      [folderKey({ role: "lawyer" })]: "l/",
      [folderKey({ role: "firm" })]: "f/",
    });
    expect(refusals).toEqual([]);
  });

  it("opens each suit with its own token", () => {
    const { opened } = answered({
      datas: [
        { ...token, access_key_id: "a", oss_dir_map: { "1001": "s/1" } },
        { ...token, access_key_id: "b", oss_dir_map: { "1002": "s/2" } },
      ],
    });
    expect(
      opened.map(({ credentials, folders }) => [credentials.accessKeyId, Object.values(folders)]),
    ).toEqual([
      ["a", ["s/1/"]],
      ["b", ["s/2/"]],
    ]);
  });

  it("doesn't mistake an empty folder for the whole bucket", () => {
    const { opened } = answered({
      datas: [{ ...token, oss_dir_map: { "1001": " " }, firm_oss_folder: "" }],
    });
    expect(opened).toEqual([]);
  });

  it("refuses the suit that an error names, and only that", () => {
    const { folders, refusal, refusals } = answered({
      datas: [{ ...token, oss_dir_map: { "1001": "s/1" } }],
      errors: [{ business_id: "1002", return_error_code: "SUIT_CLOSED", error_msg: "案件已结案" }],
    });
    expect(Object.keys(folders)).toEqual([folderKey({ suit_id: "1001" })]);
    expect(refusal({ suit_id: "1002" })).toEqual({
      folder: folderKey({ suit_id: "1002" }),
      code: "SUIT_CLOSED",
      message: "案件已结案",
    });
    expect(refusals).toHaveLength(1);
  });

  it("refuses a suit that an error names even if a token opens it", () => {
    const { refusal } = answered({
      datas: [{ ...token, oss_dir_map: { "1001": "s/1" } }],
      errors: [{ business_id: "1001", return_error_code: "X" }],
    });
    expect(refusal({ suit_id: "1001" })?.code).toBe("X");
  });

  it.each([[{ field_name_en: "lawyerOssFolder", biz_type: "entrust" }], [{ biz_type: "LAWYER" }]])(
    "refuses the role that an error of the entrust names by %j",
    (names) => {
      const { refusals } = answered({
        datas: [{ ...token, ...roles }],
        errors: [{ business_id: "E-77", return_error_code: "X", ...names }],
      });
      expect(refusals.map(({ folder }) => folder)).toEqual([folderKey({ role: "lawyer" })]);
    },
  );

  it("refuses all roles that aren't open for an error of the entrust without a name", () => {
    const { refusals } = answered({
      datas: [{ ...token, firm_oss_folder: "f" }],
      errors: [{ business_id: "E-77", return_error_code: "X" }],
    });
    expect(refusals.map(({ folder }) => folder)).toEqual([
      folderKey({ role: "entrust" }),
      folderKey({ role: "lawyer" }),
    ]);
  });

  it("applies an error that names no folder to every folder that isn't open", () => {
    const { refusal } = answered({
      datas: [{ ...token, firm_oss_folder: "f" }],
      errors: [{ business_id: "?", return_error_code: "X", error_msg: "why" }],
    });
    expect(refusal(null)).toEqual({ folder: null, code: "X", message: "why" });
  });

  it("treats a token with success=false as a refusal of what it would open", () => {
    const { opened, refusal } = answered({
      success: false,
      datas: [
        { ...token, oss_dir_map: { "1001": "s/1" } },
        { oss_dir_map: { "1001": "s/1", "1002": "s/2" }, success: false, error_code: "NO" },
      ],
    });
    expect(opened).toHaveLength(1);
    expect(refusal({ suit_id: "1002" })?.code).toBe("NO");
    expect(refusal({ suit_id: "1001" })).toBeUndefined();
  });

  it("treats success=false without a reason as a refusal of all folders", () => {
    const { refusal } = answered({ success: false });
    expect(refusal(null)?.message).toBe("the answer has success=false and no reason");
  });

  it("says which keys oss_dir_map has when none is the expected one", () => {
    const { refusal } = answered({ datas: [{ ...token, oss_dir_map: { "suit-1001": "s/1" } }] });
    expect(refusal({ suit_id: "1002" })?.message).toContain('["suit-1001"]: check `oss_dir_key`');
  });

  it("isn't usable when a token lacks a part, and says which", () => {
    const datas = [{ ...token, oss_token: undefined, oss_dir_map: { "1001": "s/1" } }];
    expect(() => answered({ datas })).toThrow(/a token lacks oss_token$/);
  });

  it("isn't usable when a folder leads elsewhere", () => {
    expect(() => answered({ datas: [{ ...token, oss_dir_map: { "1001": "s/../1" } }] })).toThrow(
      expect.objectContaining({ code: "VENDOR_ANSWER_INVALID" }),
    );
  });
});
