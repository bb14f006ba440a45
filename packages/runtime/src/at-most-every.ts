/** Returns a function that calls `report`, but not again until so many milliseconds have passed. */
export function atMostEvery<Fault>(
  milliseconds: number,
  report: (fault: Fault) => void,
): (fault: Fault) => void {
  let quietUntil = 0;
  return (fault) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + milliseconds;
    report(fault);
  };
}
