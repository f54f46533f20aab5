; Bits and registers that the DMG does not have read as 1 (Pan Docs, "Hardware Registers").

include "../micro_prelude.asm"
header "UNUSED BITS", 0, 0

begin:
  ld a, $30
  ldh [P1], a
  ldh a, [P1]
  call store
  xor a
  ldh [SC], a
  ldh a, [SC]
  call store
  xor a
  ldh [TAC], a
  ldh a, [TAC]
  call store
  xor a
  ldh [IF], a
  ldh a, [IF]
  or $01
  call store
  ldh a, [STAT]
  and $80
  call store
  ldh a, [$FF03]
  call store
  ldh a, [$FF08]
  call store
  ldh a, [$FF0E]
  call store
  ldh a, [$FF4C]
  call store
  ldh a, [$FF4D]
  call store
  ldh a, [$FF4F]
  call store
  ldh a, [$FF68]
  call store
  ldh a, [$FF7F]
  call store
  jp judge

expected:
  db $FF, $7E, $F8, $E1, $80
  db $FF, $FF, $FF, $FF, $FF, $FF, $FF, $FF
expected_end:

include "../micro_judge.asm"
