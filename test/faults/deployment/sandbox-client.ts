import type {
  GatewayFaultOrder,
  GatewayMoveOrder,
  OssEntry,
  OssFaultOrder,
  OssMatch,
  UploadSummary,
} from "@exhibit/sandbox";

/** A token that the sandbox issued. */
export interface IssuedToken {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken: string;
}

/** The sandbox's control surface, from another process. */
export interface SandboxClient {
  failOss(fault: OssFaultOrder): Promise<void>;
  failGateway(fault: GatewayFaultOrder): Promise<void>;
  /** Makes a vendor's answers lead elsewhere until `heal`. */
  moveVendor(move: GatewayMoveOrder): Promise<void>;
  /** Removes faults, holds and moves of one server or of both. */
  heal(only?: "oss" | "gateway"): Promise<void>;
  /** Makes OSS respond with 503 to requests beyond these limits until `heal`. */
  throttle(limits: { concurrent?: number; perSecond?: number }): Promise<void>;
  /** Delays every request to OSS. */
  pace(milliseconds: number): Promise<void>;
  /** Holds matching requests until `heal`; `reached` resolves when `count` are held. */
  hold(match: OssMatch): Promise<{ reached(count: number): Promise<void> }>;
  tokens(order: { expire?: boolean; seconds?: number }): Promise<void>;
  clocks(ahead: { gateway?: number; oss?: number }): Promise<void>;
  issuedTokens(): Promise<IssuedToken[]>;
  openUploads(): Promise<UploadSummary[]>;
  requestsSince(position: number): Promise<{ entries: OssEntry[]; next: number; missed: number }>;
}

export function createSandboxClient(controlUrl: string): SandboxClient {
  async function call<T>(path: string, init?: RequestInit): Promise<T> {
    const answer = await fetch(`${controlUrl}/${path}`, init);
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`The sandbox refused ${path}: ${JSON.stringify(body)}`);
    return body as T;
  }
  const get = <T>(path: string) => call<T>(path);
  const post = <T>(path: string, body: unknown) =>
    call<T>(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    failOss: (fault) => post("oss/faults", fault),
    failGateway: (fault) => post("gateway/faults", fault),
    moveVendor: (move) => post("gateway/moves", move),
    heal: (only) => post("heal", { ...(only === undefined ? {} : { only }) }),
    throttle: (limits) => post("oss/throttle", limits),
    pace: (milliseconds) => post("oss/pace", { milliseconds }),
    async hold(match) {
      const { hold } = await post<{ hold: number }>("oss/hold", { match });
      return { reached: (count) => post("oss/held", { hold, count, seconds: 60 }) };
    },
    tokens: (order) => post("tokens", order),
    clocks: (ahead) => post("clocks", ahead),
    issuedTokens: () => get("tokens"),
    openUploads: () => get("oss/uploads"),
    requestsSince: (position) => post("oss/requests/since", { position }),
  };
}
