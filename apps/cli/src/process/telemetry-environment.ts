/** What OpenTelemetry's SDK reads by itself; everything else of the environment is read by @exhibit/config. */
export function telemetryEnvironment(): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: the SDK's variables are passed on as they are
  return process.env;
}
