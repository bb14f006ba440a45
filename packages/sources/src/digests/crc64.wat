;; CRC-64/XZ. `npm run wasm` makes crc64.wasm of this file; a test compares them.
;;
;; A remainder doesn't change when a multiple of the polynomial is XORed onto the bytes. So a byte is
;; taken out of the message by XORing eight bytes onto those that come 16, 32, 48, 64, 96, 112, 128 and
;; 144 bytes after it, and 16 neighbouring bytes are taken out at once. What is left at the end of the
;; message goes through a table byte by byte.
;;
;; What is XORed depends on the byte alone: it is the XOR of the values for its two halves of four bits.
;; Each half has, for each of the eight places, a table of 16 bytes, in which a swizzle looks up 16
;; indexes at once.
;;
;; The distances: eight bytes hold the 64 bits that make up for any byte, if they stand at places that
;; are independent of each other modulo the polynomial. Of the places 16, 32 … 144, eight are independent
;; only if 80 is left out.
;;
;; Relaxed swizzles differ between machines only for indexes over 15, and there are none. A relaxed
;; swizzle is a third faster.

(module
  ;; Page 0: the tables. Page 1: the bytes.
  (memory (export "memory") 2)
  (global (export "buffer") i32 (i32.const 65536))

  ;; From 0: the table for one byte, 256 × 8 bytes, filled at the start.
  ;; From 2048: what makes up for the low and for the high half of a byte, for each of the eight places.
  (data (i32.const 2048)
    "\00\35\fe\cb\3f\0a\c1\f4\81\b4\7f\4a\be\8b\40\75" "\00\b5\9b\2e\38\8d\a3\16\2b\9e\b0\05\13\a6\88\3d" ;;  16
    "\00\de\08\d6\99\47\91\4f\1f\c1\17\c9\86\58\8e\50" "\00\ed\1a\f7\d9\34\c3\2e\4c\a1\56\bb\95\78\8f\62" ;;  32
    "\00\50\72\22\5d\0d\2f\7f\85\d5\f7\a7\d8\88\aa\fa" "\00\23\29\0a\02\21\2b\08\14\37\3d\1e\16\35\3f\1c" ;;  48
    "\00\17\4e\59\3f\28\71\66\cd\da\83\94\f2\e5\bc\ab" "\00\f1\ea\1b\6f\9e\85\74\65\94\8f\7e\0a\fb\e0\11" ;;  64
    "\00\cd\7d\b0\e9\24\94\59\0c\c1\71\bc\e5\28\98\55" "\00\1e\8a\94\7c\62\f6\e8\ee\f0\64\7a\92\8c\18\06" ;;  96
    "\00\75\1b\6e\16\63\0d\78\75\00\6e\1b\63\16\78\0d" "\00\b6\9e\28\97\21\09\bf\0c\ba\92\24\9b\2d\05\b3" ;; 112
    "\00\76\26\50\f8\8e\de\a8\d3\a5\f5\83\2b\5d\0d\7b" "\00\82\19\9b\0c\8e\15\97\05\87\1c\9e\09\8b\10\92" ;; 128
    "\00\e1\d2\33\5e\bf\8c\6d\81\60\53\b2\df\3e\0d\ec" "\00\b5\c5\70\18\ad\dd\68\18\ad\dd\68\00\b5\c5\70" ;; 144
  )

  (start $fillTable)
  (func $fillTable
    (local $byte i32) (local $bits i32) (local $crc i64)
    (loop $bytes
      (local.set $crc (i64.extend_i32_u (local.get $byte)))
      (local.set $bits (i32.const 8))
      (loop $shift
        ;; The polynomial, reflected, if the lowest bit is set.
        (local.set $crc
          (i64.xor
            (i64.shr_u (local.get $crc) (i64.const 1))
            (i64.mul (i64.and (local.get $crc) (i64.const 1)) (i64.const 0xc96c5795d7870f42))))
        (local.set $bits (i32.sub (local.get $bits) (i32.const 1)))
        (br_if $shift (local.get $bits)))
      (i64.store (i32.shl (local.get $byte) (i32.const 3)) (local.get $crc))
      (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $byte) (i32.const 256)))))

  ;; Returns the CRC64 of all bytes so far: those whose CRC64 is given (0 at first), and the first `left`
  ;; bytes of the buffer.
  (func (export "update") (param $crc i64) (param $left i32) (result i64)
    (local $at i32)
    (local.set $at (i32.const 65536))
    (local.set $crc (i64.xor (local.get $crc) (i64.const -1)))
    ;; The bytes to take out, and 144 to XOR onto.
    (if (i32.ge_u (local.get $left) (i32.const 160))
      (then
        (call $fold (local.get $crc) (local.get $left))
        (local.set $crc (i64.const 0))
        ;; 144 bytes, and the 0 to 15 that don't make 16.
        (local.set $at
          (i32.add (local.get $at) (i32.sub (i32.and (local.get $left) (i32.const -16)) (i32.const 144))))
        (local.set $left (i32.add (i32.and (local.get $left) (i32.const 15)) (i32.const 144)))))
    (block $end
      (br_if $end (i32.eqz (local.get $left)))
      (loop $bytes
        (local.set $crc
          (i64.xor
            (i64.shr_u (local.get $crc) (i64.const 8))
            (i64.load
              (i32.shl
                (i32.xor
                  (i32.and (i32.wrap_i64 (local.get $crc)) (i32.const 255))
                  (i32.load8_u (local.get $at)))
                (i32.const 3)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $bytes (local.get $left))))
    (i64.xor (local.get $crc) (i64.const -1)))

  ;; Takes out all of the buffer but its last 144 to 159 bytes.
  (func $fold (param $crc i64) (param $left i32)
    (local $at i32)
    (local $bytes v128) (local $low v128) (local $high v128)
    ;; What to XOR onto the next 16 bytes, onto those after them, and so on.
    (local $next1 v128) (local $next2 v128) (local $next3 v128)
    (local $next4 v128) (local $next5 v128) (local $next6 v128)
    (local $next7 v128) (local $next8 v128) (local $next9 v128)
    (local.set $at (i32.const 65536))
    (local.set $next1 (i64x2.replace_lane 0 (local.get $next1) (local.get $crc)))
    (loop $fold
      (local.set $bytes (v128.xor (v128.load (local.get $at)) (local.get $next1)))
      (local.set $low (v128.and (local.get $bytes) (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
      (local.set $high
        (v128.and
          (i64x2.shr_u (local.get $bytes) (i32.const 4))
          (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
      (local.set $next1
        (v128.xor
          (v128.xor (local.get $next2) (i8x16.relaxed_swizzle (v128.load (i32.const 2048)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2064)) (local.get $high))))
      (local.set $next2
        (v128.xor
          (v128.xor (local.get $next3) (i8x16.relaxed_swizzle (v128.load (i32.const 2080)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2096)) (local.get $high))))
      (local.set $next3
        (v128.xor
          (v128.xor (local.get $next4) (i8x16.relaxed_swizzle (v128.load (i32.const 2112)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2128)) (local.get $high))))
      (local.set $next4
        (v128.xor
          (v128.xor (local.get $next5) (i8x16.relaxed_swizzle (v128.load (i32.const 2144)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2160)) (local.get $high))))
      (local.set $next5 (local.get $next6))
      (local.set $next6
        (v128.xor
          (v128.xor (local.get $next7) (i8x16.relaxed_swizzle (v128.load (i32.const 2176)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2192)) (local.get $high))))
      (local.set $next7
        (v128.xor
          (v128.xor (local.get $next8) (i8x16.relaxed_swizzle (v128.load (i32.const 2208)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2224)) (local.get $high))))
      (local.set $next8
        (v128.xor
          (v128.xor (local.get $next9) (i8x16.relaxed_swizzle (v128.load (i32.const 2240)) (local.get $low)))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2256)) (local.get $high))))
      (local.set $next9
        (v128.xor
          (i8x16.relaxed_swizzle (v128.load (i32.const 2272)) (local.get $low))
          (i8x16.relaxed_swizzle (v128.load (i32.const 2288)) (local.get $high))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 16)))
      (br_if $fold (i32.ge_u (local.get $left) (i32.const 160))))
    (call $xorOnto (local.get $at) (local.get $next1))
    (call $xorOnto (i32.add (local.get $at) (i32.const 16)) (local.get $next2))
    (call $xorOnto (i32.add (local.get $at) (i32.const 32)) (local.get $next3))
    (call $xorOnto (i32.add (local.get $at) (i32.const 48)) (local.get $next4))
    (call $xorOnto (i32.add (local.get $at) (i32.const 64)) (local.get $next5))
    (call $xorOnto (i32.add (local.get $at) (i32.const 80)) (local.get $next6))
    (call $xorOnto (i32.add (local.get $at) (i32.const 96)) (local.get $next7))
    (call $xorOnto (i32.add (local.get $at) (i32.const 112)) (local.get $next8))
    (call $xorOnto (i32.add (local.get $at) (i32.const 128)) (local.get $next9)))

  (func $xorOnto (param $at i32) (param $bytes v128)
    (v128.store (local.get $at) (v128.xor (v128.load (local.get $at)) (local.get $bytes)))))
