/** Returns the environment for OpenTelemetry's SDK; @exhibit/config reads everything else. */
export function telemetryEnvironment(): NodeJS.ProcessEnv {
  // biome-ignore lint/style/noProcessEnv: the SDK's variables are passed on as they are
  return process.env;
}
