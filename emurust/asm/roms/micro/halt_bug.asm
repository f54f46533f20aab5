; HALT with interrupts off and one requested does not halt, and the byte behind it is read twice (Pan Docs, "halt bug").
; Without a request it waits and goes on without a jump to the handler.

include "../micro_prelude.asm"
header "HALT BUG", 0, 0

org $50
  ld a, $99
  call store
  reti
org $200
begin:
  ld a, $04
  ldh [IE], a
  ldh [IF], a
  xor a
  halt
  inc a
  call store
  xor a
  ldh [IF], a
  ldh [DIV], a
  ld a, $F0
  ldh [TIMA], a
  ld a, 5
  ldh [TAC], a
  xor a
  halt
  inc a
  call store
  ldh a, [IF]
  and $1F
  call store
  jp judge

expected:
  db 2, 1, 4
expected_end:

include "../micro_judge.asm"
