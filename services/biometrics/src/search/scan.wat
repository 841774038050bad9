;; The inner loop of a search: the dot products of one probe with many packed templates.
;;
;; A record is 264 bytes: 256 signed bytes of template, 8 bytes of id that are skipped here. Records lie one after the
;; other and are taken four at a time, so that a part of the probe is loaded once for four of them and the four sums end
;; up in the lanes of one vector, where one comparison tells whether any of them matters. Almost none does: whoever is
;; better than the floor is told to $found, which answers with the new floor.
;;
;; Plain SIMD128: every sum is an exact integer, on every machine. A sum stays below 2^22, so nothing overflows.
(module
  (import "scan" "memory" (memory 1 65536 shared))
  ;; (address of the record, its dot product) -> the floor from now on
  (import "scan" "found" (func $found (param i32 i32) (result i32)))

  ;; $from   address of the first record, a multiple of 8
  ;; $to     address behind the last one; up to three records of memory behind it are read and not judged
  ;; $probe  address of the probe as 256 little-endian int16, a multiple of 16
  ;; $floor  the lowest dot product that matters
  (func (export "scan") (param $from i32) (param $to i32) (param $probe i32) (param $floor i32)
    (local $p i32) (local $r i32) (local $end i32) (local $lane i32)
    (local $q v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $ab v128) (local $cd v128)
    (block $done
      (loop $records
        (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $a (v128.const i32x4 0 0 0 0))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (local.set $r (local.get $from))
        (local.set $p (local.get $probe))
        (local.set $end (i32.add (local.get $probe) (i32.const 512)))
        (loop $parts
          ;; 8 values of each of the four records: widened to int16, multiplied with the probe's, added in pairs
          (local.set $q (v128.load (local.get $p)))
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s (local.get $r)))))
          (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=264 (local.get $r)))))
          (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=528 (local.get $r)))))
          (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=792 (local.get $r)))))
          (local.set $q (v128.load offset=16 (local.get $p)))
          (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=8 (local.get $r)))))
          (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=272 (local.get $r)))))
          (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=536 (local.get $r)))))
          (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (local.get $q) (v128.load8x8_s offset=800 (local.get $r)))))
          (local.set $r (i32.add (local.get $r) (i32.const 16)))
          (br_if $parts (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 32))) (local.get $end))))

        ;; four sums of four lanes each -> one lane each
        (local.set $ab (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))
        (local.set $cd (i32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d))
          (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d))))
        (local.set $a (i32x4.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ab) (local.get $cd))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ab) (local.get $cd))))

        (if (v128.any_true (i32x4.ge_s (local.get $a) (i32x4.splat (local.get $floor))))
          (then
            (local.set $floor (call $judge (local.get $from) (local.get $to) (i32x4.extract_lane 0 (local.get $a)) (local.get $floor)))
            (local.set $floor (call $judge (i32.add (local.get $from) (i32.const 264)) (local.get $to) (i32x4.extract_lane 1 (local.get $a)) (local.get $floor)))
            (local.set $floor (call $judge (i32.add (local.get $from) (i32.const 528)) (local.get $to) (i32x4.extract_lane 2 (local.get $a)) (local.get $floor)))
            (local.set $floor (call $judge (i32.add (local.get $from) (i32.const 792)) (local.get $to) (i32x4.extract_lane 3 (local.get $a)) (local.get $floor)))))
        (local.set $from (i32.add (local.get $from) (i32.const 1056)))
        (br $records))))

  ;; -> the floor from now on
  (func $judge (param $record i32) (param $to i32) (param $dot i32) (param $floor i32) (result i32)
    (if (result i32) (i32.and
        (i32.lt_u (local.get $record) (local.get $to))
        (i32.ge_s (local.get $dot) (local.get $floor)))
      (then (call $found (local.get $record) (local.get $dot)))
      (else (local.get $floor)))))
