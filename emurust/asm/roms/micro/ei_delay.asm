; EI takes effect after the instruction behind it: EI, DI lets no interrupt in; EI, NOP lets it in behind the NOP; EI behind EI
; does not delay further (Pan Docs, "IME").

include "../micro_prelude.asm"
header "EI DELAY", 0, 0

org $50
  jp taken
org $200
taken:
  ld hl, sp + 0
  ld a, [hl+]
  call store
  ld a, [hl]
  call store
  reti
begin:
  ld a, $04
  ldh [IE], a
  ldh [IF], a
  ei
  di
  nop
  ld a, 1
  call store
  ei
first:
  nop
second:
  nop
  di
  ld a, 2
  call store
  ld a, $04
  ldh [IF], a
  ei
  ei
third:
  nop
  di
  jp judge

expected:
  db 1
  db low(second), high(second)
  db 2
  db low(third), high(third)
expected_end:

include "../micro_judge.asm"
