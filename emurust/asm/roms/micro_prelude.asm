; What every micro-test begins with. A test stores what it observes from `results` on, one byte after the other by
; `call store`, and ends with `jp judge`, which compares them with the bytes between `expected` and `expected_end`.
; Verdict: LD B,B is executed with B C D E H L = 3 5 8 13 21 34 for a pass, with 66 in all of them for a failure; the
; place of the first wrong byte then stands at C0FF.

include "../hardware.asm"

results   equ $C000
next_low  equ $C0FE
first_bad equ $C0FF

org $100
  nop
  jp setup
org $150
setup:
  di
  ld sp, $DFF0
  xor a
  ld [next_low], a
  ldh [TAC], a
  jp begin
