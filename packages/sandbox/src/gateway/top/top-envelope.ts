import type { TopError } from "./top-error.ts";

/** A list as TOP writes it: wrapped in the name of its items' type. */
export interface TopList {
  readonly itemName: string;
  readonly items: readonly TopValue[];
}
export type TopValue = string | number | boolean | TopList | TopStruct;
export interface TopStruct {
  readonly [name: string]: TopValue | undefined;
}

export interface TopFormat {
  format: "json" | "xml";
  /** Leaves out the outer `*_response` and the lists' inner wrappers; for JSON only. */
  simplify: boolean;
}

/** Returns an array of TOP: `topList("string", ["a"])` is written as `{"string":["a"]}`, simplified as `["a"]`. */
export function topList(itemName: string, items: readonly TopValue[]): TopList {
  return { itemName, items };
}

/** Returns `wdk_a_response` for `taobao.wdk.a`; any other method keeps its whole name. */
function envelopeName(method: string): string {
  return `${method.replace(/^taobao\./u, "").replaceAll(".", "_")}_response`;
}

export function writeAnswer(
  method: string,
  answer: TopStruct,
  requestId: string,
  as: TopFormat,
): string {
  const body = { ...answer, request_id: requestId };
  if (as.format === "json" && as.simplify) return JSON.stringify(toWire(body, true));
  return write({ [envelopeName(method)]: toWire(body, false) }, as);
}

/** Writes an error. Its wrapper stays even if responses are simplified. */
export function writeError(error: TopError, requestId: string, as: TopFormat): string {
  const { code, message, subCode, subMessage } = error;
  const body = { code, msg: message, sub_code: subCode, sub_msg: subMessage };
  return write({ error_response: { ...body, request_id: requestId } }, as);
}

function write(document: Record<string, unknown>, as: TopFormat): string {
  if (as.format === "json") return JSON.stringify(document);
  return `<?xml version="1.0" encoding="utf-8" ?>${toXml(document)}`;
}

function toWire(value: TopValue, simplify: boolean): unknown {
  if (typeof value !== "object") return value;
  if (isList(value)) return listToWire(value, simplify);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, m]) => [name, toWire(m as TopValue, simplify)]));
}

function listToWire(list: TopList, simplify: boolean): unknown {
  const items = list.items.map((item) => toWire(item, simplify));
  if (simplify) return items;
  // An empty list is an empty object (PROTOCOLS, section 1.4).
  return items.length === 0 ? {} : { [list.itemName]: items };
}

function isList(value: TopList | TopStruct): value is TopList {
  return Array.isArray(value.items) && typeof value.itemName === "string";
}

function toXml(value: unknown, name?: string): string {
  if (Array.isArray(value)) return value.map((item) => toXml(item, name)).join("");
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value)
          .filter(([, member]) => member !== undefined)
          .map(([member, content]) => toXml(content, member))
          .join("")
      : escapeXml(String(value));
  return name === undefined ? inner : `<${name}>${inner}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
