import type {
  DryRun,
  ExhibitError,
  ImportRequest,
  Scope,
  SeenFolders,
  VendorCheckView,
} from "@exhibit/contracts";
import type { FolderOfCase } from "@exhibit/credentials";

// What the API can't look at itself, because it reads no evidence and holds no lease: it asks the
// workers. The question is in the ledger while somebody waits for its answer, and a job tells a
// worker of it.

/** What the workers are asked. */
export type Question =
  | {
      readonly kind: "source_folders";
      readonly path: string | undefined;
      readonly limit: number;
      readonly after: string | undefined;
    }
  | { readonly kind: "vendor_check"; readonly of: FolderOfCase }
  | { readonly kind: "dry_run"; readonly request: ImportRequest };

/** What they answer, by the kind of the question. */
export interface Answers {
  source_folders: SeenFolders;
  vendor_check: VendorCheckView;
  dry_run: DryRun;
}

/** Who asks, and until when. */
export interface Asker {
  /** The principal's name. */
  readonly name: string;
  readonly scope: Scope;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An answer as the ledger keeps it. */
export type Kept<Answer> =
  | { readonly answer: Answer }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly details: ExhibitError["details"];
      };
    };
