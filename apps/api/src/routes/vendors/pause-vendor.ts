import { actOnVendor } from "../../action/act-on-vendor.ts";

export const pauseVendor = actOnVendor({
  operationId: "pauseVendor",
  summary: "Pause a vendor",
  description:
    "Its folders wait in all imports, also in new ones: their sources are walked, but nothing is sent and the vendor's gateway isn't called. Workers stop within seconds, and no file fails because of it. An import whose other folders are done stays `storing`.",
  act: (vendors) => vendors.pause,
});
