;; The loops of the traces over pixels. Luma is 299 red + 587 green + 114 blue in thousandths of a grey level, a whole number;
;; where it becomes a float32 it is divided once and so the nearest there is. Sums of those in float64 are exact in any order.
;;
;; A picture lies at address 0: rows from the top, red, green and blue bytes. Up to 16 bytes of memory behind what is asked
;; for are read and not used. A patch has rows of 256 values, whatever its width.
(module
  (import "forensics" "memory" (memory 1))

  ;; Luma of the four pixels that begin at $at, in thousandths.
  (func $lumas (param $at i32) (result v128)
    (local $quad v128)
    (local.set $quad (v128.load (local.get $at)))
    (i32x4.add
      (i32x4.dot_i16x8_s (v128.const i16x8 299 587 299 587 299 587 299 587)
        (i8x16.shuffle 0 16 1 16 3 16 4 16 6 16 7 16 9 16 10 16 (local.get $quad) (v128.const i32x4 0 0 0 0)))
      (i32x4.dot_i16x8_s (v128.const i16x8 114 0 114 0 114 0 114 0)
        (i8x16.shuffle 2 16 16 16 5 16 16 16 8 16 16 16 11 16 16 16 (local.get $quad) (v128.const i32x4 0 0 0 0)))))

  ;; Writes the luma of the patch of $width x $height pixels that begins at $from to $to. Rows are filled up to four values.
  (func (export "cut") (param $from i32) (param $line i32) (param $width i32) (param $height i32) (param $to i32)
    (local $x i32) (local $y i32)
    (loop $rows
      (if (i32.lt_u (local.get $y) (local.get $height))
        (then
          (local.set $x (i32.const 0))
          (loop $quads
            (v128.store
              (i32.add (local.get $to) (i32.shl (local.get $x) (i32.const 2)))
              (f32x4.div
                (f32x4.convert_i32x4_s
                  (call $lumas (i32.add (local.get $from) (i32.mul (local.get $x) (i32.const 3)))))
                (v128.const f32x4 1000 1000 1000 1000)))
            (br_if $quads
              (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 4))) (local.get $width))))
          (local.set $from (i32.add (local.get $from) (local.get $line)))
          (local.set $to (i32.add (local.get $to) (i32.const 1024)))
          (local.set $y (i32.add (local.get $y) (i32.const 1)))
          (br $rows)))))

  ;; Writes a reduced picture of $across x $down values of float32: each the mean luma of four pixels of a square of $step.
  (func (export "reduce") (param $width i32) (param $step i32) (param $across i32) (param $down i32) (param $to i32)
    (local $x i32) (local $y i32) (local $from i32) (local $right i32) (local $lower i32) (local $both i32)
    (local.set $right (i32.mul (i32.shr_u (local.get $step) (i32.const 1)) (i32.const 3)))
    (local.set $lower (i32.mul (local.get $right) (local.get $width)))
    (local.set $both (i32.add (local.get $right) (local.get $lower)))
    (loop $rows
      (if (i32.lt_u (local.get $y) (local.get $down))
        (then
          (local.set $from
            (i32.mul (i32.mul (local.get $y) (local.get $step)) (i32.mul (local.get $width) (i32.const 3))))
          (local.set $x (i32.const 0))
          (loop $places
            (if (i32.lt_u (local.get $x) (local.get $across))
              (then
                (f32.store (local.get $to) (f32.demote_f64 (f64.div
                  (f64.convert_i32_u (i32.add
                    (i32.add (call $luma (local.get $from))
                      (call $luma (i32.add (local.get $from) (local.get $right))))
                    (i32.add (call $luma (i32.add (local.get $from) (local.get $lower)))
                      (call $luma (i32.add (local.get $from) (local.get $both))))))
                  (f64.const 4000))))
                (local.set $to (i32.add (local.get $to) (i32.const 4)))
                (local.set $from (i32.add (local.get $from) (i32.mul (local.get $step) (i32.const 3))))
                (local.set $x (i32.add (local.get $x) (i32.const 1)))
                (br $places))))
          (local.set $y (i32.add (local.get $y) (i32.const 1)))
          (br $rows)))))

  (func $luma (param $at i32) (result i32)
    (i32.add
      (i32.add
        (i32.mul (i32.load8_u (local.get $at)) (i32.const 299))
        (i32.mul (i32.load8_u offset=1 (local.get $at)) (i32.const 587)))
      (i32.mul (i32.load8_u offset=2 (local.get $at)) (i32.const 114))))

  ;; Two values of float32, doubled in length.
  (func $pair (param $at i32) (result v128)
    (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $at))))

  ;; Adds up the second derivative's size, at most $limit each, over a patch of 256 x 256 values without its outermost ones.
  ;; $columns  256 sums of the derivative across, float64, zeros at first; the first and last hold nothing of use
  ;; $rows     256 sums of the derivative downwards, float64; the first and last are not written
  (func (export "bends") (param $patch i32) (param $limit f64) (param $columns i32) (param $rows i32)
    (local $y i32) (local $at i32) (local $end i32) (local $to i32)
    (local $twice v128) (local $most v128) (local $sum v128) (local $down v128)
    (local.set $most (f64x2.splat (local.get $limit)))
    (local.set $y (i32.const 1))
    (local.set $at (i32.add (local.get $patch) (i32.const 1024)))
    (loop $lines
      ;; The outermost columns are left out of the rows' sums.
      (local.set $sum (f64x2.neg (f64x2.add
        (v128.and (v128.const i64x2 -1 0)
          (call $bend (call $pair (local.get $at)) (local.get $at) (i32.const 1024) (local.get $most)))
        (v128.and (v128.const i64x2 0 -1) (call $bend (call $pair (i32.add (local.get $at) (i32.const 1016)))
          (i32.add (local.get $at) (i32.const 1016)) (i32.const 1024) (local.get $most))))))
      (local.set $to (local.get $columns))
      (local.set $end (i32.add (local.get $at) (i32.const 1024)))
      (loop $pairs
        (local.set $twice (call $pair (local.get $at)))
        (v128.store (local.get $to) (f64x2.add (v128.load (local.get $to))
          (call $bend (local.get $twice) (local.get $at) (i32.const 4) (local.get $most))))
        (local.set $sum (f64x2.add (local.get $sum)
          (call $bend (local.get $twice) (local.get $at) (i32.const 1024) (local.get $most))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br_if $pairs (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
      (f64.store (i32.add (local.get $rows) (i32.shl (local.get $y) (i32.const 3)))
        (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum))))
      (br_if $lines
        (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (i32.const 255)))))

  ;; How far the two values at $at bend away from those $step bytes before and after, at most $most.
  (func $bend (param $here v128) (param $at i32) (param $step i32) (param $most v128) (result v128)
    (f64x2.pmin (local.get $most) (f64x2.abs (f64x2.sub
      (f64x2.add (local.get $here) (local.get $here))
      (f64x2.add
        (call $pair (i32.sub (local.get $at) (local.get $step)))
        (call $pair (i32.add (local.get $at) (local.get $step))))))))

  ;; Counts the sizes of the responses to the mask [1 -2 1] across and downwards by quarters of a grey level, in every second
  ;; row of a patch: 1024 counts, zeros at first, the last of them for all that is more.
  ;; $row  room for 258 values of float64
  (func (export "responses") (param $patch i32) (param $width i32) (param $height i32) (param $row i32) (param $counts i32)
    (local $y i32) (local $x i32) (local $at i32) (local $to i32) (local $end i32) (local $four v128)
    (local.set $y (i32.const 1))
    (local.set $end (i32.add (local.get $row) (i32.shl (i32.sub (local.get $width) (i32.const 2)) (i32.const 3))))
    (loop $lines
      (if (i32.lt_u (local.get $y) (i32.sub (local.get $height) (i32.const 1)))
        (then
          (local.set $at (i32.add (local.get $patch) (i32.shl (local.get $y) (i32.const 10))))
          (local.set $x (i32.const 0))
          (local.set $to (local.get $row))
          (loop $pairs
            (v128.store (local.get $to) (f64x2.sub
              (f64x2.add
                (call $pair (i32.sub (local.get $at) (i32.const 1024)))
                (call $pair (i32.add (local.get $at) (i32.const 1024))))
              (f64x2.add (call $pair (local.get $at)) (call $pair (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (br_if $pairs
              (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 2))) (local.get $width))))
          (local.set $at (local.get $row))
          (loop $responses
            (if (i32.lt_u (local.get $at) (local.get $end))
              (then
                (local.set $four (call $quarters (local.get $at)))
                (call $add (local.get $counts) (i32x4.extract_lane 0 (local.get $four)))
                ;; The last of an odd number stands alone.
                (if (i32.lt_u (i32.add (local.get $at) (i32.const 8)) (local.get $end))
                  (then (call $add (local.get $counts) (i32x4.extract_lane 1 (local.get $four)))))
                (local.set $at (i32.add (local.get $at) (i32.const 16)))
                (br $responses))))
          (local.set $y (i32.add (local.get $y) (i32.const 2)))
          (br $lines)))))

  ;; Sizes of the two responses behind the place $at in a row of what came of the mask downwards: whole quarters, to 1023.
  (func $quarters (param $at i32) (result v128)
    (local $here v128)
    (local.set $here (v128.load offset=8 (local.get $at)))
    (i32x4.trunc_sat_f64x2_s_zero (f64x2.pmin (v128.const f64x2 1023 1023) (f64x2.mul (v128.const f64x2 4 4)
      (f64x2.abs (f64x2.sub
        (f64x2.add (v128.load (local.get $at)) (v128.load offset=16 (local.get $at)))
        (f64x2.add (local.get $here) (local.get $here))))))))

  (func $add (param $counts i32) (param $place i32)
    (local.set $counts (i32.add (local.get $counts) (i32.shl (local.get $place) (i32.const 2))))
    (i32.store (local.get $counts) (i32.add (i32.load (local.get $counts)) (i32.const 1))))

  ;; Counts the levels to which the six lowest coefficients of a block of 8x8 pixels were quantised. Its butterflies add and
  ;; subtract whole numbers; what mirrors itself adds up in even frequencies and takes itself away in odd ones.
  ;; $at      the block's first pixel
  ;; $line    bytes of a row of the picture
  ;; $steps   six float32, 4000 times the coefficients' steps: (u, v) = (0,1) (1,0) (1,1) (0,2) (2,0) (2,1)
  ;; $counts  six times 24 counts of levels; larger ones are not counted
  (func (export "levels") (param $at i32) (param $line i32) (param $steps i32) (param $counts i32)
    (local $flat v128) (local $first v128) (local $second v128) (local $flat2 v128) (local $first2 v128) (local $second2 v128)
    (local $odd v128) (local $even v128) (local $half v128)
    (local.set $odd (v128.const f32x4 0.98078528 0.83146961 0.55557023 0.19509032))
    (local.set $even (v128.const f32x4 0.92387953 0.38268343 -0.38268343 -0.92387953))
    (local.set $half (f32x4.splat (f32.const 0.70710678)))
    (call $columns (local.get $at) (local.get $line))
    (local.set $second) (local.set $first) (local.set $flat)
    (call $columns (i32.add (local.get $at) (i32.const 12)) (local.get $line))
    (local.set $second2) (local.set $first2) (local.set $flat2)
    (local.set $flat2 (call $mirrored (local.get $flat2)))
    (local.set $first2 (call $mirrored (local.get $first2)))
    (local.set $second2 (call $mirrored (local.get $second2)))
    (call $count (local.get $steps) (local.get $counts)
      (f32x4.mul (local.get $half) (f32x4.add (local.get $first) (local.get $first2))))
    (call $count (i32.add (local.get $steps) (i32.const 4)) (i32.add (local.get $counts) (i32.const 96))
      (f32x4.mul (local.get $odd) (f32x4.sub (local.get $flat) (local.get $flat2))))
    (call $count (i32.add (local.get $steps) (i32.const 8)) (i32.add (local.get $counts) (i32.const 192))
      (f32x4.mul (local.get $odd) (f32x4.sub (local.get $first) (local.get $first2))))
    (call $count (i32.add (local.get $steps) (i32.const 12)) (i32.add (local.get $counts) (i32.const 288))
      (f32x4.mul (local.get $half) (f32x4.add (local.get $second) (local.get $second2))))
    (call $count (i32.add (local.get $steps) (i32.const 16)) (i32.add (local.get $counts) (i32.const 384))
      (f32x4.mul (local.get $even) (f32x4.add (local.get $flat) (local.get $flat2))))
    (call $count (i32.add (local.get $steps) (i32.const 20)) (i32.add (local.get $counts) (i32.const 480))
      (f32x4.mul (local.get $even) (f32x4.add (local.get $first) (local.get $first2)))))

  (func $mirrored (param $values v128) (result v128)
    (i8x16.shuffle 12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3 (local.get $values) (local.get $values)))

  ;; Frequencies 0, 1 and 2 of four columns of eight pixels.
  (func $columns (param $at i32) (param $line i32) (result v128 v128 v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $a (call $lumas (local.get $at)))
    (local.set $b (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $c (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $d (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $e (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $f (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $g (call $lumas (local.tee $at (i32.add (local.get $at) (local.get $line)))))
    (local.set $h (call $lumas (i32.add (local.get $at) (local.get $line))))
    (f32x4.mul (f32x4.splat (f32.const 0.70710678)) (f32x4.convert_i32x4_s (i32x4.add
      (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
      (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h))))))
    (f32x4.add
      (f32x4.add
        (call $weighed (f32.const 0.98078528) (i32x4.sub (local.get $a) (local.get $h)))
        (call $weighed (f32.const 0.83146961) (i32x4.sub (local.get $b) (local.get $g))))
      (f32x4.add
        (call $weighed (f32.const 0.55557023) (i32x4.sub (local.get $c) (local.get $f)))
        (call $weighed (f32.const 0.19509032) (i32x4.sub (local.get $d) (local.get $e)))))
    (f32x4.add
      (call $weighed (f32.const 0.92387953) (i32x4.sub
        (i32x4.add (local.get $a) (local.get $h)) (i32x4.add (local.get $d) (local.get $e))))
      (call $weighed (f32.const 0.38268343) (i32x4.sub
        (i32x4.add (local.get $b) (local.get $g)) (i32x4.add (local.get $c) (local.get $f))))))

  (func $weighed (param $weight f32) (param $values v128) (result v128)
    (f32x4.mul (f32x4.splat (local.get $weight)) (f32x4.convert_i32x4_s (local.get $values))))

  ;; Counts the level of the coefficient that is the sum of four parts.
  (func $count (param $step i32) (param $counts i32) (param $parts v128)
    (local $level i32)
    (local.set $level (i32.trunc_sat_f32_u (f32.add (f32.const 0.5) (f32.div
      (f32.abs (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $parts)) (f32x4.extract_lane 1 (local.get $parts)))
        (f32.add (f32x4.extract_lane 2 (local.get $parts)) (f32x4.extract_lane 3 (local.get $parts)))))
      (f32.load (local.get $step))))))
    (if (i32.lt_u (local.get $level) (i32.const 24))
      (then (call $add (local.get $counts) (local.get $level))))))
