import { closeSync, openSync, writeSync } from "node:fs";

export interface LogFile extends Disposable {
  write(line: string): void;
}

/**
 * Opens a log file, which keeps log lines off the terminal. Each line is written at once, so that a
 * crash loses nothing.
 */
export function openLogFile(path: string): LogFile {
  const descriptor = openSync(path, "a");
  let isOpen = true;
  return {
    write(line) {
      if (isOpen) writeSync(descriptor, line);
    },
    [Symbol.dispose]() {
      isOpen = false;
      closeSync(descriptor);
    },
  };
}
