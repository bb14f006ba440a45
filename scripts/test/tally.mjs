/**
 * The numbers of a run: of vitest's JSON report, and of what the report doesn't count: checks that failed, test files
 * that couldn't be loaded, errors outside of tests.
 */
export function tallyOf({ report, exitCode, failedChecks }) {
  const files = report?.testResults ?? [];
  const unloaded = files.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failures = (report?.numFailedTests ?? 0) + unloaded.length;
  const notes = [
    ...failedChecks.map((check) => `${check} failed: npm run ${check}`),
    ...unloaded.map((file) => `a test file couldn't be run: ${file.name}`),
  ];
  // vitest ends with 1 for an error outside of any test, too.
  const elsewhere = exitCode !== 0 && failures === 0;
  if (elsewhere) notes.push(`vitest ended with exit code ${exitCode}; its message is above`);
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failures + failedChecks.length + (elsewhere ? 1 : 0),
    notes,
  };
}
