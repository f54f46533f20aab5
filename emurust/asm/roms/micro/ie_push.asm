; The high byte of PC is pushed before the handler is chosen: if it lands on IE and enables nothing requested, the CPU goes to
; 0000 with interrupts off and the request stays (gb-ctr, "Interrupt dispatch").

include "../micro_prelude.asm"
header "IE PUSH", 0, 0

org $0
  jp cancelled
org $50
  jp wrong
org $200
wrong:
  ld sp, $DFF0
  ld a, $99
  call store
  jp judge
cancelled:
  ldh a, [IE]
  ld b, a
  ldh a, [IF]
  and $1F
  ld c, a
  ld sp, $DFF0
  ld a, 1
  call store
  ld a, c
  call store
  ld a, b
  call store
  xor a
  ldh [IE], a
  jp judge
far:
  nop
  nop
  jp wrong
begin:
  ld a, $04
  ldh [IE], a
  ldh [IF], a
  ld sp, $0000
  ei
  jp far
  jp judge

expected:
  db 1, 4, 2
expected_end:

include "../micro_judge.asm"
