import { makeDocx } from "./files/docx.ts";
import { makeJpeg } from "./files/jpeg.ts";
import { makePdf } from "./files/pdf.ts";
import { makePng } from "./files/png.ts";
import { createRandom, type Random } from "./files/random.ts";
import { makeWav } from "./files/wav.ts";

/** A file of the sample case: its path, with `/` between the parts, and its bytes. */
export interface SampleFile {
  path: string;
  content(): Iterable<Buffer>;
}

type Make = (random: Random, path: string) => Buffer;

const pdf: Make = (random, path) =>
  makePdf([
    "Sample evidence, made by Exhibit. Any likeness to a real case is by chance.",
    `Document ${random.below(900_000) + 100_000}`,
    ...Array.from(
      { length: 4 + random.below(20) },
      (_, line) => `${line + 1}. Statement no. ${random.below(10_000)}`,
    ),
    `Reference ${Buffer.from(path).toString("hex").slice(0, 60)}`,
  ]);
const jpeg: Make = (random) => makeJpeg(60 + random.below(40), 45 + random.below(30), random);
const png: Make = (random) => makePng(160 + random.below(160), 120 + random.below(120), random);
const wav: Make = (random) => makeWav(1 + random.below(4), 220 + random.below(660));
const docx: Make = (random, path) =>
  makeDocx([
    "样本证据（由 Exhibit 生成）",
    `文件：${path}`,
    ...Array.from(
      { length: 6 },
      () => `第 ${random.below(1000)} 项 · 金额 ¥${random.below(1_000_000)}`,
    ),
  ]);
const text: Make = (random, path) =>
  Buffer.from(
    `${path}\n${Array.from({ length: 20 }, () => `2026-03-${10 + random.below(20)} 记录 ${random.below(100_000)}`).join("\n")}\n`,
  );
const empty: Make = () => Buffer.alloc(0);

/** The files of the case. A path with `#` stands for `count` numbered files. */
const plan: readonly (readonly [path: string, make: Make, count?: number])[] = [
  ["TRIAL-1001/起诉状.pdf", pdf],
  ["TRIAL-1001/证据目录.docx", docx],
  ["TRIAL-1001/合同/买卖合同（正本）.pdf", pdf],
  ["TRIAL-1001/合同/补充协议-#.docx", docx, 4],
  ["TRIAL-1001/照片/现场 📷/IMG_#.jpg", jpeg, 12],
  ["TRIAL-1001/照片/现场 📷/示意图-#.png", png, 4],
  ["TRIAL-1001/聊天记录/2026/03/微信 💬 导出-#.txt", text, 6],
  ["TRIAL-1001/录音/电话-#.wav", wav, 3],
  ["TRIAL-1001/占位（空）.txt", empty],
  ["TRIAL-1002/答辩状.pdf", pdf],
  ["TRIAL-1002/invoices/2026-Q1/invoice #.pdf", pdf, 10],
  ["TRIAL-1002/photos/damage (#).jpg", jpeg, 8],
  ["TRIAL-1002/photos/🚗 plan-#.png", png, 3],
  ["TRIAL-1002/deeply/nested/folders/of/a/scanned/archive/page-#.png", png, 4],
  ["TRIAL-1002/a name with  spaces, 'quotes' & 100 %+#.txt", text, 2],
  ["entrust/委托书.pdf", pdf],
  ["entrust/身份证明-#.jpg", jpeg, 2],
  ["entrust/授权范围.docx", docx],
  ["lawyer/律师函.pdf", pdf],
  ["lawyer/意见书-#.docx", docx, 3],
  ["lawyer/会见录音-#.wav", wav, 2],
  ["firm/公函.pdf", pdf],
  ["firm/收费/发票-#.png", png, 2],
  ["store/门店照片/shelf-#.jpg", jpeg, 6],
  ["store/检查表.docx", docx],
  ["store/巡检 ✅.pdf", pdf],
];

/**
 * A file as large as a few minutes of video, made in parts, so that it never is in memory as a
 * whole.
 */
const video = {
  path: "TRIAL-1002/video/camera-02.bin",
  parts: 40,
  bytesOfPart: 1_000_000,
} as const;

/**
 * Returns every file of the sample case. Each has a seed of its own, so that a new file changes no
 * other.
 */
export function sampleFiles(): SampleFile[] {
  const small = plan.flatMap(([pattern, make, count = 1]) =>
    Array.from({ length: count }, (_, index) =>
      pattern.replace("#", String(index + 1).padStart(2, "0")),
    ).map((path): SampleFile => ({ path, content: () => [make(createRandom(path), path)] })),
  );
  return [...small, { path: video.path, content: videoParts }];
}

function* videoParts(): Iterable<Buffer> {
  const random = createRandom(video.path);
  for (let part = 0; part < video.parts; part += 1) yield random.bytes(video.bytesOfPart);
}
