; Of several requested interrupts the one with the lowest bit comes first, and its request alone is cleared (Pan Docs,
; "Interrupt Priorities").

include "../micro_prelude.asm"
header "INTERRUPT PRIOR", 0, 0

org $40
  ld a, $40
  jp taken
org $48
  ld a, $48
  jp taken
org $50
  ld a, $50
  jp taken
org $58
  ld a, $58
  jp taken
org $60
  ld a, $60
  jp taken
org $200
taken:
  call store
  reti
begin:
  ld a, $1F
  ldh [IE], a
  ldh [IF], a
  ei
  nop
  nop
  di
  ldh a, [IF]
  call store
  jp judge

expected:
  db $40, $48, $50, $58, $60, $E0
expected_end:

include "../micro_judge.asm"
