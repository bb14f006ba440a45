import { type ImportView, visible } from "@exhibit/contracts";
import type { TextSink } from "../output-stream.ts";
import { createMeter } from "./measure.ts";
import { progressBars, progressLine } from "./text.ts";

/** Shows the progress of an import, at a pace that people can follow. */
export interface ProgressDisplay {
  update(view: ImportView): void;
  /** Writes a line above the bars. */
  note(line: string): void;
  /** Shows the last view, if it isn't shown yet, and leaves it on the screen. */
  end(): void;
}

/**
 * Creates a display: on a terminal bars that are redrawn in place, elsewhere (a file, a pipe, CI, a
 * terminal of unknown width) a plain line at most every two seconds.
 */
export function createProgressDisplay(
  sink: TextSink,
  now: () => number = Date.now,
): ProgressDisplay {
  const canBeDrawnOn = sink.isTTY === true && sink.columns !== 0;
  return canBeDrawnOn ? terminalDisplay(sink, now) : plainDisplay(sink, now);
}

// Milliseconds between two drawings.
const redrawPause = 100;
const linePause = 2_000;

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const clearLine = "\r\u001b[2K";
const clearBelow = "\u001b[J";

function terminalDisplay(sink: TextSink, now: () => number): ProgressDisplay {
  const measure = createMeter(now);
  let lines: string[] = [];
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const up = () => (drawn === 0 ? "" : `\u001b[${drawn}A`);
  function draw(): void {
    sink.write(
      `${hideCursor}${up()}${lines.map((line) => `${clearLine}${line}\n`).join("")}${showCursor}`,
    );
    drawn = lines.length;
    drawnAt = now();
  }
  return {
    update(view) {
      // One column stays free, because some terminals wrap a line that fills the last one.
      lines = progressBars(measure(view), (sink.columns || 80) - 1);
      if (now() - drawnAt >= redrawPause) draw();
    },
    note(line) {
      sink.write(`${up()}\r${clearBelow}${visible(line)}\n`);
      drawn = 0;
      if (lines.length > 0) draw();
    },
    end() {
      if (lines.length > 0) draw();
      lines = [];
      drawn = 0;
    },
  };
}

function plainDisplay(sink: TextSink, now: () => number): ProgressDisplay {
  const measure = createMeter(now);
  let line = "";
  let written = "";
  let writtenAt = Number.NEGATIVE_INFINITY;
  function write(): void {
    if (line === written) return;
    sink.write(`${line}\n`);
    written = line;
    writtenAt = now();
  }
  return {
    update(view) {
      line = progressLine(measure(view));
      if (now() - writtenAt >= linePause) write();
    },
    note: (text) => void sink.write(`${visible(text)}\n`),
    end: write,
  };
}
