(; Folded (; and (; nested ;) ;) plain instructions, mixed. ;)
(func $factorial (export "factorial") (param $n i64) (result i64)
  (if (result i64) (i64.eqz (local.get $n))
    (then (i64.const 1))
    (else (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1)))))))
(func (export "count") (param $n i32) (result i32) (local $sum i32)
  (block $done
    (loop $again
      (br_if $done (i32.eqz (local.get $n)))
      local.get $sum
      (i32.add (local.get $n))
      local.set $sum
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      br $again))
  local.get $sum)
(func (param i32) (result i32)
  block $o (result i32)
    block $a
      loop $b
        local.get 0
        br_table 1 $a 1 $a
      end $b
    end $a
    i32.const 1
    br $o
  end
  if $label (result i32)
    i32.const 1
  else $label
    i32.const 2
  end $label)
(func (if (i32.const 0) (then)))
(func (i32.const 3) (if $x (param i32) (i32.const 1) (then drop (br $x)) (else drop)))
(func (i32.const 1) (if (then nop) (else unreachable)))
(func (param i32 i32) (drop (i32.add (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 2))) (i32.sub (local.get 0) (local.get 1)))))
(func(nop)(block)(loop)nop)
(func;;comment without a space
  nop(;another;)nop)
