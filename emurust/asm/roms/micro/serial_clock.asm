; A transfer by the internal clock takes 8 bits of 128 M-cycles, receives 1s without a partner, clears its start bit and asks for
; an interrupt (Pan Docs, "Serial Data Transfer").

include "../micro_prelude.asm"
header "SERIAL CLOCK", 0, 0

begin:
  xor a
  ldh [IF], a
  ld a, $35
  ldh [SB], a
  ld a, $81
  ldh [SC], a
  ldh a, [SC]
  call store
  ld b, 200
.wait:
  dec b
  jr nz, .wait
  ldh a, [SC]
  call store
  ld b, 255
.longer:
  dec b
  jr nz, .longer
  ldh a, [SC]
  call store
  ldh a, [SB]
  call store
  ldh a, [IF]
  and $08
  call store
  jp judge

expected:
  db $FF, $FF, $7F, $FF, 8
expected_end:

include "../micro_judge.asm"
