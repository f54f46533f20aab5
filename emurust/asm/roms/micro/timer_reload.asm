; After its overflow TIMA is 0 for one M-cycle and only then takes TMA (Pan Docs, "Timer overflow behavior"). TIMA starts
; at FE five cycles after DIV was cleared, so that it overflows in the twelfth.

include "../micro_prelude.asm"
header "TIMER RELOAD", 0, 0

begin:
  ld a, 5
  ldh [TAC], a
  ld a, $23
  ldh [TMA], a
  xor a
  ldh [IF], a
  ldh [DIV], a
  ld a, $FE
  ldh [TIMA], a
rept 3
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 5
  ldh [TAC], a
  ld a, $23
  ldh [TMA], a
  xor a
  ldh [IF], a
  ldh [DIV], a
  ld a, $FE
  ldh [TIMA], a
rept 4
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 5
  ldh [TAC], a
  ld a, $23
  ldh [TMA], a
  xor a
  ldh [IF], a
  ldh [DIV], a
  ld a, $FE
  ldh [TIMA], a
rept 5
  nop
endr
  ldh a, [TIMA]
  call store
  ld a, 5
  ldh [TAC], a
  ld a, $23
  ldh [TMA], a
  xor a
  ldh [IF], a
  ldh [DIV], a
  ld a, $FE
  ldh [TIMA], a
rept 6
  nop
endr
  ldh a, [TIMA]
  call store
  jp judge

expected:
  db $FF, $00, $23, $23
expected_end:

include "../micro_judge.asm"
