/** The bytes of a file, read in order and digested by whoever reads them. */
export interface FileBody {
  /** Bytes. */
  readonly size: number;
  /** Returns the next `length` bytes, or fewer at the end. Throws SOURCE_*. */
  read(length: number): Promise<Piece>;
  /** Begins again with the first byte. */
  rewind(): Promise<void>;
}

/** Bytes of a file, and what they are proved with. */
export interface Piece {
  readonly bytes: Buffer;
  /** CRC-64/XZ of these bytes, unsigned. */
  readonly crc64: bigint;
  /** SHA-256 of the whole file, 32 bytes; only its last piece has it. */
  readonly sha256: Buffer | undefined;
  /** SM3 of the whole file, 32 bytes; only its last piece has it, and only where it is asked for. */
  readonly sm3?: Buffer | undefined;
  /** Gives the memory back: `bytes` mustn't be used afterwards. */
  release(): void;
}
