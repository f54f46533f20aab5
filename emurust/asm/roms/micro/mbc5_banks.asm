; MBC5: every bank can be had at 4000, 0 too; the ninth bit stands at 3000 (Pan Docs, "MBC5").

include "../micro_prelude.asm"
header "MBC5 BANKS", $1B, $02

begin:
  ld a, 0
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 1
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 3
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 7
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 8
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 1
  ld [$3000], a
  ld a, 5
  ld [$2000], a
  ld a, [$7FFF]
  call store
  jp judge

expected:
  db $77, 1, 3, 7, $77, 5
expected_end:

include "../micro_judge.asm"

org $3FFF
  db $77
bank 1
  ds $3FFF
  db 1
bank 2
  ds $3FFF
  db 2
bank 3
  ds $3FFF
  db 3
bank 4
  ds $3FFF
  db 4
bank 5
  ds $3FFF
  db 5
bank 6
  ds $3FFF
  db 6
bank 7
  ds $3FFF
  db 7
