const sampleRate = 8_000;

/** A WAV (PCM, 16 bit, mono, 8 kHz) with a tone that fades in and out. */
export function makeWav(seconds: number, hertz: number): Buffer {
  const samples = Math.floor(seconds * sampleRate);
  const data = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index += 1) {
    const loudness = 12_000 * Math.sin((Math.PI * index) / samples);
    data.writeInt16LE(
      Math.round(loudness * Math.sin((2 * Math.PI * hertz * index) / sampleRate)),
      index * 2,
    );
  }
  return Buffer.concat([header(data.length), data]);
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  // PCM, one channel.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(bytes, 40);
  return head;
}
