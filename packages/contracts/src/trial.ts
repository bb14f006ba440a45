/** What a trial says wherever somebody could take it for a delivery. */
export const TRIAL_NOTICE =
  "TRIAL: nothing left this machine; what is stored lies in the sandbox's folder, and in no vendor's OSS.";
