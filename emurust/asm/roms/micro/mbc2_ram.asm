; MBC2: 512 half bytes of RAM, echoed, whose upper halves read as 1; bit 8 of the address tells the bank from the RAM's gate
; (Pan Docs, "MBC2").

include "../micro_prelude.asm"
header "MBC2 RAM", $06, $00

begin:
  ld a, $0A
  ld [$0000], a
  ld a, $35
  ld [$A000], a
  ld a, [$A000]
  call store
  ld a, [$A200]
  call store
  ld a, 3
  ld [$0100], a
  ld a, [$7FFF]
  call store
  ld a, 0
  ld [$2100], a
  ld a, [$7FFF]
  call store
  xor a
  ld [$0000], a
  ld a, [$A000]
  call store
  jp judge

expected:
  db $F5, $F5, 3, 1, $FF
expected_end:

include "../micro_judge.asm"

bank 1
  ds $3FFF
  db 1
bank 2
  ds $3FFF
  db 2
bank 3
  ds $3FFF
  db 3
