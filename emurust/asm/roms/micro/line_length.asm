; A line takes 114 M-cycles (Pan Docs, "Rendering"). Ten lines are timed between two LYC interrupts: 1,140 cycles, less the 15
; from the first awakening to clearing the divider, and 4 more up to the reading, are 282 steps of 4, 26 in the low byte.

include "../micro_prelude.asm"
header "LINE LENGTH", 0, 0

begin:
  ld a, $40
  ldh [STAT], a
  ld a, $02
  ldh [IE], a
  ld a, 20
  ldh [LYC], a
  xor a
  ldh [IF], a
  halt
  nop
  ld a, 30
  ldh [LYC], a
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
  ldh [IF], a
  halt
  nop
  ldh a, [TIMA]
  call store
  ldh a, [LY]
  call store
  ldh a, [STAT]
  and $04
  call store
  jp judge

expected:
  db 26, 30, 4
expected_end:

include "../micro_judge.asm"
