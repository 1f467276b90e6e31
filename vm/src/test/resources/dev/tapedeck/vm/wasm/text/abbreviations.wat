;; All the ways to say something in fewer words.
(module $short
  (import "host" "print" (func $print (param $value i32)))
  (func $host (export "a") (export "b") (import "host" "read") (param i32 i64) (result f32))
  (table $imported (import "host" "table") 1 2 funcref)
  (global $origin (export "origin") (import "host" "origin") i32)
  (import "host" "global" (global $second (mut f64)))

  (type $void (func))
  (type (func (param $named i32) (param i64 f32) (result i32) (result i64)))
  (type $again (func))

  (memory $memory (export "memory") (data "a" "bc\00" "\u{20ac}"))
  (table $inline (export "table") funcref (elem $first 1 $second))
  (table $expressions funcref (elem (ref.func $first) (item ref.null func)))
  (table externref (elem (ref.null extern)))
  (table $sized 0x10 1_000 externref)

  (elem $passive func $first $second)
  (elem declare func $second)
  (elem $typed funcref (ref.func 2) (item (ref.func $second)))
  (elem externref (ref.null extern) (item ref.null extern))
  (elem (i32.const 0) $first)
  (elem (offset i32.const 1) func $first)
  (elem (table $inline) (i32.const 1) func $first $second)
  (elem (table $inline) (offset (i32.const 2)) funcref (ref.null func))
  (elem (table $sized) (global.get $origin) externref (ref.null extern))
  (elem (i32.const 0))

  (data "passive" " " "bytes")
  (data $active (i32.const 3) "active")
  (data (memory $memory) (offset i32.const 9))
  (data (offset (i32.const 9)) "\t\n\r\"\'\\\7f\e2\82\ac")

  (global $number (export "number") (mut i64) (i64.const 7))
  (global f32 f32.const 1)
  (global funcref (ref.func $first))

  ;; A type that is not written down, twice; it comes behind those that are.
  (func $first (export "first") (param $p i32) (result i64) (local) (local $l i64) (local i32 i32) (local f32)
    local.get $l)
  (func $second (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
  (func (type $void))
  (func (type 1) (param $x i32) (param i64) (param f32) (result i32 i64)
    local.get $x
    local.get 1)
  (func (param) (result)
    i32.const 1
    i32.const 2
    (block (param i32 i32) (result i32) (unreachable))
    drop)
  (func
    (call_indirect (type $void) (i32.const 0))
    (call_indirect $inline (param i32) (i32.const 1) (i32.const 0))
    (drop (call_indirect (type 1) (param i32 i64 f32) (result i32 i64)
      (i32.const 1) (i64.const 2) (f32.const 3) (i32.const 0)))
    drop)
  (start $void_function)
  (func $void_function)
  (export "first again" (func $first))
  (export "" (table $inline))
  (export "\e2\82\ac" (memory 0))
  (export "g" (global $number))
)
