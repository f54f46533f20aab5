; P1 shows the half of the keys that is selected by a 0, and nothing where none is; no key is held here (Pan Docs, "Joypad").
; Its upper bits read as 1.

include "../micro_prelude.asm"
header "JOYPAD SELECT", 0, 0

begin:
  ld a, $30
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  call store
  ld a, $20
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  call store
  ld a, $10
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  call store
  ld a, $00
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  call store
  jp judge

expected:
  db $FF, $EF, $DF, $CF
expected_end:

include "../micro_judge.asm"
