; TIMA counts falling edges of the divider's bit ANDed with the enable bit: switching the timer off, or clearing the divider,
; while the bit is 1 counts once (Pan Docs, "Relation between Timer and Divider register").

include "../micro_prelude.asm"
header "TIMER GLITCH", 0, 0

begin:
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
  xor a
  ldh [TAC], a          ; the bit is 0 again in the fourth to fifth cycle, 1 in the sixth and seventh
  ldh a, [TIMA]
  call store
  ld a, 6
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 6
  nop
endr
  ldh [DIV], a          ; bit 5 of the divider is 1 from the eighth cycle on
  ldh a, [TIMA]
  call store
  ld a, 6
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
  ldh [DIV], a          ; too early
  ldh a, [TIMA]
  call store
  jp judge

expected:
  db 2, 1, 0
expected_end:

include "../micro_judge.asm"
