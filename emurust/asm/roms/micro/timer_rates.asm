; The four rates of TIMA: every 4, 16, 64 and 256 M-cycles (Pan Docs, "Timer Control"). TIMA is cleared last, a cycle
; before the divider can have moved on.

include "../micro_prelude.asm"
header "TIMER RATES", 0, 0

begin:
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 1
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 2
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 6
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 9
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 6
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 10
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 7
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 57
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 7
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 58
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 4
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 249
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 4
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 250
  nop
endr
  ldh a, [TIMA]
  call store
  jp judge

expected:
  db 1, 2   ; after 7 and 8 cycles
  db 0, 1   ; 15, 16
  db 0, 1   ; 63, 64
  db 0, 1   ; 255, 256
expected_end:

include "../micro_judge.asm"
