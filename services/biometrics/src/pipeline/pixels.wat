;; The loops over pixels before the models: a picture becomes the detector's canvas, or an aligned crop.
;;
;; A picture lies at address 0: rows from the top, red, green and blue bytes. What is written are planes of float32. Up to
;; 4 bytes of memory behind a pixel are read and not used. The three channels of a pixel are three lanes of one vector.
(module
  (import "pixels" "memory" (memory 1 65536))

  ;; Puts the picture into the top left corner of a canvas of zeros.
  ;; $red $green $blue  addresses of the planes
  (func (export "fill") (param $width i32) (param $height i32) (param $canvasWidth i32) (param $canvasHeight i32)
      (param $red i32) (param $green i32) (param $blue i32)
    (local $from i32) (local $y i32) (local $x i32) (local $to i32) (local $line i32) (local $quad v128) (local $zero v128)
    (local.set $line (i32.shl (local.get $canvasWidth) (i32.const 2)))
    (loop $rows
      (if (i32.lt_u (local.get $y) (local.get $height))
        (then
          (local.set $to (i32.mul (local.get $y) (local.get $line)))
          (local.set $x (i32.const 0))
          ;; Four pixels at a time: their reds are every third byte, and so on.
          (block $tail
            (loop $quads
              (br_if $tail (i32.gt_u (i32.add (local.get $x) (i32.const 4)) (local.get $width)))
              (local.set $quad (v128.load (local.get $from)))
              (v128.store (i32.add (local.get $red) (local.get $to)) (f32x4.convert_i32x4_s
                (i8x16.shuffle 0 16 16 16 3 16 16 16 6 16 16 16 9 16 16 16 (local.get $quad) (local.get $zero))))
              (v128.store (i32.add (local.get $green) (local.get $to)) (f32x4.convert_i32x4_s
                (i8x16.shuffle 1 16 16 16 4 16 16 16 7 16 16 16 10 16 16 16 (local.get $quad) (local.get $zero))))
              (v128.store (i32.add (local.get $blue) (local.get $to)) (f32x4.convert_i32x4_s
                (i8x16.shuffle 2 16 16 16 5 16 16 16 8 16 16 16 11 16 16 16 (local.get $quad) (local.get $zero))))
              (local.set $from (i32.add (local.get $from) (i32.const 12)))
              (local.set $to (i32.add (local.get $to) (i32.const 16)))
              (local.set $x (i32.add (local.get $x) (i32.const 4)))
              (br $quads)))
          (block $margin
            (loop $singles
              (br_if $margin (i32.ge_u (local.get $x) (local.get $width)))
              (f32.store (i32.add (local.get $red) (local.get $to))
                (f32.convert_i32_s (i32.load8_u (local.get $from))))
              (f32.store (i32.add (local.get $green) (local.get $to))
                (f32.convert_i32_s (i32.load8_u offset=1 (local.get $from))))
              (f32.store (i32.add (local.get $blue) (local.get $to))
                (f32.convert_i32_s (i32.load8_u offset=2 (local.get $from))))
              (local.set $from (i32.add (local.get $from) (i32.const 3)))
              (local.set $to (i32.add (local.get $to) (i32.const 4)))
              (local.set $x (i32.add (local.get $x) (i32.const 1)))
              (br $singles)))
          (call $clear (local.get $red) (local.get $green) (local.get $blue) (local.get $to)
            (i32.shl (i32.sub (local.get $canvasWidth) (local.get $width)) (i32.const 2)))
          (local.set $y (i32.add (local.get $y) (i32.const 1)))
          (br $rows))))
    (call $clear (local.get $red) (local.get $green) (local.get $blue)
      (i32.mul (local.get $height) (local.get $line))
      (i32.mul (i32.sub (local.get $canvasHeight) (local.get $height)) (local.get $line))))

  ;; Zeros $bytes behind $at in each plane.
  (func $clear (param $red i32) (param $green i32) (param $blue i32) (param $at i32) (param $bytes i32)
    (memory.fill (i32.add (local.get $red) (local.get $at)) (i32.const 0) (local.get $bytes))
    (memory.fill (i32.add (local.get $green) (local.get $at)) (i32.const 0) (local.get $bytes))
    (memory.fill (i32.add (local.get $blue) (local.get $at)) (i32.const 0) (local.get $bytes)))

  ;; Bilinear samples of the picture at x = a column + b row + tx, y = c column + d row + ty, as value * scale + shift. What
  ;; lies outside the picture counts as 0. Coordinates run in fixed point, 32 bits before and 32 behind the point: exact to
  ;; 5e-8 pixels over a row, and one comparison tells whether a pixel has all four neighbours, as almost every one has.
  (func (export "warp") (param $width i32) (param $height i32) (param $side i32)
      (param $red i32) (param $green i32) (param $blue i32)
      (param $a f64) (param $b f64) (param $tx f64) (param $c f64) (param $d f64) (param $ty f64)
      (param $scale f32) (param $shift f32)
    (local $row i32) (local $column i32) (local $to i32)
    (local $x i64) (local $y i64) (local $stepX i64) (local $stepY i64)
    (local $left i32) (local $top i32) (local $upper i32) (local $lower i32) (local $line i32)
    (local $fx f32) (local $fy f32) (local $both f32) (local $sum v128)
    (local.set $line (i32.mul (local.get $width) (i32.const 3)))
    (local.set $stepX (call $fixed (local.get $a)))
    (local.set $stepY (call $fixed (local.get $c)))
    (loop $rows
      (local.set $x (call $fixed
        (f64.add (f64.mul (local.get $b) (f64.convert_i32_s (local.get $row))) (local.get $tx))))
      (local.set $y (call $fixed
        (f64.add (f64.mul (local.get $d) (f64.convert_i32_s (local.get $row))) (local.get $ty))))
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $left (i32.wrap_i64 (i64.shr_s (local.get $x) (i64.const 32))))
        (local.set $top (i32.wrap_i64 (i64.shr_s (local.get $y) (i64.const 32))))
        (local.set $fx (call $fraction (local.get $x)))
        (local.set $fy (call $fraction (local.get $y)))
        (if (i32.and
              (i32.lt_u (local.get $left) (i32.sub (local.get $width) (i32.const 1)))
              (i32.lt_u (local.get $top) (i32.sub (local.get $height) (i32.const 1))))
          (then
            (local.set $both (f32.mul (local.get $fx) (local.get $fy)))
            (local.set $upper (i32.add (i32.mul (local.get $top) (local.get $line))
              (i32.mul (local.get $left) (i32.const 3))))
            (local.set $lower (i32.add (local.get $upper) (local.get $line)))
            (local.set $sum (f32x4.add
              (f32x4.add
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero (local.get $upper))))) (f32x4.splat
                  (f32.add (f32.sub (f32.const 1) (f32.add (local.get $fx) (local.get $fy))) (local.get $both))))
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero offset=3 (local.get $upper)))))
                  (f32x4.splat (f32.sub (local.get $fx) (local.get $both)))))
              (f32x4.add
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero (local.get $lower)))))
                  (f32x4.splat (f32.sub (local.get $fy) (local.get $both))))
                (f32x4.mul (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero offset=3 (local.get $lower))))) (f32x4.splat (local.get $both)))))))
          (else (local.set $sum (call $border (local.get $width) (local.get $height)
            (local.get $left) (local.get $top) (local.get $fx) (local.get $fy)))))
        (local.set $sum (f32x4.add
          (f32x4.mul (local.get $sum) (f32x4.splat (local.get $scale))) (f32x4.splat (local.get $shift))))
        (f32.store (i32.add (local.get $red) (local.get $to)) (f32x4.extract_lane 0 (local.get $sum)))
        (f32.store (i32.add (local.get $green) (local.get $to)) (f32x4.extract_lane 1 (local.get $sum)))
        (f32.store (i32.add (local.get $blue) (local.get $to)) (f32x4.extract_lane 2 (local.get $sum)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $x (i64.add (local.get $x) (local.get $stepX)))
        (local.set $y (i64.add (local.get $y) (local.get $stepY)))
        (br_if $columns (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 1))) (local.get $side))))
      (br_if $rows (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $side)))))

  ;; What is too large or no number becomes a place outside every picture, or 0.
  (func $fixed (param $value f64) (result i64)
    (i64.trunc_sat_f64_s (f64.mul (local.get $value) (f64.const 4294967296))))

  (func $fraction (param $value i64) (result f32)
    (f32.mul
      (f32.convert_i32_s (i32.shr_u (i32.wrap_i64 (local.get $value)) (i32.const 8)))
      (f32.const 0.000000059604644775390625)))

  ;; Some neighbours lie outside and weigh nothing.
  (func $border (param $width i32) (param $height i32) (param $left i32) (param $top i32) (param $fx f32) (param $fy f32)
      (result v128)
    (f32x4.add
      (f32x4.add
        (call $neighbour (local.get $width) (local.get $height) (local.get $left) (local.get $top)
          (f32.mul (f32.sub (f32.const 1) (local.get $fx)) (f32.sub (f32.const 1) (local.get $fy))))
        (call $neighbour (local.get $width) (local.get $height) (i32.add (local.get $left) (i32.const 1))
          (local.get $top) (f32.mul (local.get $fx) (f32.sub (f32.const 1) (local.get $fy)))))
      (f32x4.add
        (call $neighbour (local.get $width) (local.get $height) (local.get $left)
          (i32.add (local.get $top) (i32.const 1)) (f32.mul (f32.sub (f32.const 1) (local.get $fx)) (local.get $fy)))
        (call $neighbour (local.get $width) (local.get $height) (i32.add (local.get $left) (i32.const 1))
          (i32.add (local.get $top) (i32.const 1)) (f32.mul (local.get $fx) (local.get $fy))))))

  (func $neighbour (param $width i32) (param $height i32) (param $column i32) (param $row i32) (param $weight f32)
      (result v128)
    (if (result v128) (i32.and
          (i32.lt_u (local.get $column) (local.get $width)) (i32.lt_u (local.get $row) (local.get $height)))
      (then (f32x4.mul
        (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero (i32.mul (i32.const 3) (i32.add (i32.mul (local.get $row) (local.get $width)) (local.get $column)))))))
        (f32x4.splat (local.get $weight))))
      (else (v128.const i32x4 0 0 0 0)))))
