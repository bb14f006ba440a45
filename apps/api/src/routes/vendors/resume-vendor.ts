import { actOnVendor } from "../../action/act-on-vendor.ts";

export const resumeVendor = actOnVendor({
  operationId: "resumeVendor",
  summary: "Resume a paused vendor",
  description: "Its folders go on in every import that isn't paused itself.",
  act: (vendors) => vendors.resume,
});
